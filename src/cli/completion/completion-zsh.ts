import type { Candidates, CompletionContext } from './completion-context.ts'

/** Source this after `compinit`, or save it as `_offbeat` in a folder of `fpath`. */
export function zshCompletion(contexts: readonly CompletionContext[]): string {
  return `#compdef offbeat
# Completion of offbeat for zsh. In ~/.zshrc after compinit: source <(offbeat completion zsh)
_offbeat_commands() {
  case "$1" in
${contexts
  .map(({ path, commands }) =>
    replyLine(
      path,
      commands.map(({ word, summary }) => described(word, summary)),
    ),
  )
  .join('')}    *) reply=() ;;
  esac
}
_offbeat_options() {
  case "$1" in
${contexts
  .map(({ path, options }) =>
    replyLine(
      path,
      options.flatMap(({ flags, summary }) => flags.map((flag) => described(flag, summary))),
    ),
  )
  .join('')}    *) reply=() ;;
  esac
}
_offbeat_value() {
  case "$1 $2" in
${contexts.flatMap(valueLines).join('')}    *) return 1 ;;
  esac
}
_offbeat_argument() {
  case "$1 $2" in
${contexts.flatMap(argumentLines).join('')}    *) reply=() ;;
  esac
}
${SCRIPT}`
}

function replyLine(path: string, words: readonly string[]): string {
  return words.length === 0 ? '' : `    ${quoted(path)}) reply=(${words.map(quoted).join(' ')}) ;;\n`
}

function described(word: string, summary: string): string {
  return `${word.replaceAll(':', '\\:')}:${summary}`
}

function valueLines({ path, options }: CompletionContext): readonly string[] {
  return options.flatMap(({ flags, candidates }) => {
    if (candidates === null) return []
    const patterns = flags.map((flag) => (path === '' ? `*${quoted(` ${flag}`)}` : quoted(`${path} ${flag}`)))
    return [`    ${patterns.join('|')}) reply=(${written(candidates)}) ;;\n`]
  })
}

function argumentLines({ path, arguments: all }: CompletionContext): readonly string[] {
  return all.flatMap(({ candidates, many }, index) =>
    candidates.length === 0
      ? []
      : [`    ${quoted(`${path} `)}${many ? '*' : index}) reply=(${written(candidates)}) ;;\n`],
  )
}

function written(candidates: Candidates): string {
  return typeof candidates === 'string' ? `@${candidates}` : candidates.map(quoted).join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const SCRIPT = `_offbeat() {
  local at='' option='' config='' word
  local -a reply described common
  integer i count=0
  for ((i = 2; i < CURRENT; i++)); do
    word="\${(Q)words[i]}"
    if [[ -n $option ]]; then
      if [[ $option == --config ]]; then config="$word"; fi
      option=''
      continue
    fi
    if [[ $word == --config=* ]]; then config="\${word#*=}"; fi
    if [[ $word == -* ]]; then
      if _offbeat_value "$at" "$word"; then option="$word"; fi
      continue
    fi
    _offbeat_commands "$at"
    if (( \${reply[(I)$word:*]} )); then
      at="\${at:+$at }$word" count=0
    else
      (( count++ ))
    fi
  done
  word="$words[CURRENT]"
  if [[ -z $option && $word == --*=* ]] && compset -P '*='; then option="\${word%%=*}"; fi
  if [[ -n $option ]]; then
    _offbeat_value "$at" "$option"
  elif [[ $word == -* ]]; then
    _offbeat_options ''
    common=("\${reply[@]}")
    if [[ -n $at ]]; then _offbeat_options "$at"; else reply=(); fi
    described=($reply)
    _describe -o option described -- common
    return
  else
    _offbeat_commands "$at"
    if (( $#reply )); then
      described=($reply)
      _describe command described
      return
    fi
    _offbeat_argument "$at" "$count"
  fi
  if [[ $reply[1] == @files ]]; then
    _files
    return
  fi
  if [[ $reply[1] == @sources ]]; then
    reply=(\${(f)"$(_call_program sources $words[1] \${config:+--config \${(q)config}} completion sources 2> /dev/null)"})
  fi
  compadd -a reply
}
compdef _offbeat offbeat
# As a file of fpath it is called by its first completion.
if [[ $funcstack[1] == _offbeat ]]; then _offbeat "$@"; fi
`
