import type { Candidates, CompletionContext } from './completion-context.ts'

/** Works with bash 3.2 (the one that macOS ships) and newer, without the bash-completion package. */
export function bashCompletion(contexts: readonly CompletionContext[]): string {
  return `# Completion of offbeat for bash. In ~/.bashrc: source <(offbeat completion bash)
_offbeat_commands() {
  case "$1" in
${contexts
  .map(({ path, commands }) =>
    caseLine(
      quoted(path),
      commands.map(({ word }) => word),
    ),
  )
  .join('')}  esac
}
_offbeat_options() {
  case "$1" in
${contexts
  .map(({ path, options }) =>
    caseLine(
      quoted(path),
      options.flatMap(({ flags }) => flags),
    ),
  )
  .join('')}  esac
}
_offbeat_value() {
  case "$1 $2" in
${contexts.flatMap(valueLines).join('')}    *) return 1 ;;
  esac
}
_offbeat_argument() {
  case "$1 $2" in
${contexts.flatMap(argumentLines).join('')}  esac
}
${SCRIPT}`
}

function caseLine(pattern: string, words: readonly string[]): string {
  return words.length === 0 ? '' : `    ${pattern}) printf '%s' ${quoted(words.join(' '))} ;;\n`
}

/** The options of the program itself are matched after every command. */
function valueLines({ path, options }: CompletionContext): readonly string[] {
  return options.flatMap(({ flags, candidates }) => {
    if (candidates === null) return []
    const patterns = flags.map((flag) => (path === '' ? `*${quoted(` ${flag}`)}` : quoted(`${path} ${flag}`)))
    return [`    ${patterns.join('|')}) printf '%s' ${quoted(written(candidates))} ;;\n`]
  })
}

function argumentLines({ path, arguments: all }: CompletionContext): readonly string[] {
  return all.flatMap(({ candidates, many }, index) =>
    candidates.length === 0
      ? []
      : [`    ${quoted(`${path} `)}${many ? '*' : index}) printf '%s' ${quoted(written(candidates))} ;;\n`],
  )
}

function written(candidates: Candidates): string {
  return typeof candidates === 'string' ? `@${candidates}` : candidates.join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const SCRIPT = `_offbeat() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' option='' config='' found word next i count=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    # bash takes --option=value apart.
    if [ "$word" = '=' ]; then continue; fi
    if [ -n "$option" ]; then
      if [ "$option" = --config ]; then config="$word"; fi
      option=''
      continue
    fi
    next="\${at:+$at }$word"
    case "$word" in
      -*) if _offbeat_value "$at" "$word" > /dev/null; then option="$word"; fi ;;
      *)
        case " $(_offbeat_commands "$at") " in
          *" $word "*) at="$next" count=0 ;;
          *) count=$((count + 1)) ;;
        esac
        ;;
    esac
  done
  if [ "$current" = '=' ]; then current=''; fi
  if [ -n "$option" ]; then
    found="$(_offbeat_value "$at" "$option")"
  elif [ "\${current#-}" != "$current" ]; then
    found="$(_offbeat_options "$at") $(_offbeat_options '')"
  else
    found="$(_offbeat_commands "$at")"
    if [ -z "$found" ]; then found="$(_offbeat_argument "$at" "$count")"; fi
  fi
  if [ "$found" = @sources ]; then
    found="$("\${COMP_WORDS[0]/#\\~/$HOME}" \${config:+--config "$config"} completion sources 2> /dev/null)"
  fi
  if [ "$found" = @files ]; then
    compopt -o filenames 2> /dev/null
    while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
  else
    while IFS='' read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$found" -- "$current")
  fi
}
complete -F _offbeat offbeat
`
