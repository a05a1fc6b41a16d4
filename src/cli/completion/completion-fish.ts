import type { Candidates, CompletionContext } from './completion-context.ts'

export function fishCompletion(contexts: readonly CompletionContext[]): string {
  const commands = contexts.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  const withValue = contexts.flatMap(({ path, options }) =>
    options.flatMap(({ flags, candidates }) =>
      candidates === null ? [] : flags.map((flag) => quoted(path === '' ? flag : `${path} ${flag}`)),
    ),
  )
  return `# Completion of offbeat for fish. Once: offbeat completion fish > ~/.config/fish/completions/offbeat.fish
set -g __offbeat_commands ${commands.join(' ')}
set -g __offbeat_with_value ${withValue.join(' ')}
${SCRIPT}
complete -c offbeat -e
complete -c offbeat -f
${contexts.flatMap(contextLines).join('')}`
}

function contextLines({ path, commands, options, arguments: words }: CompletionContext): readonly string[] {
  const here = (count: number | '*') => ` -n ${quoted(`__offbeat_at ${quoted(path)} ${quoted(String(count))}`)}`
  return [
    ...commands.map(({ word, summary }) => `complete -c offbeat${here(0)} -a ${quoted(word)} -d ${quoted(summary)}\n`),
    ...words.flatMap(({ candidates, many }, index) =>
      candidates.length === 0 ? [] : [`complete -c offbeat${here(many ? '*' : index)} ${written(candidates)}\n`],
    ),
    ...options.map(({ flags, summary, candidates }) => {
      const names = flags.map((flag) => (flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`))
      const value = candidates === null ? '' : ` -r ${written(candidates)}`
      return `complete -c offbeat${path === '' ? '' : here('*')}${names.join('')}${value} -d ${quoted(summary)}\n`
    }),
  ]
}

function written(candidates: Candidates): string {
  if (candidates === 'files') return '-F'
  if (candidates === 'sources') return '-f -a "(__offbeat_sources)"'
  return candidates.length === 0 ? '-f' : `-f -a ${quoted(candidates.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/gu, '\\$&')}'`
}

const SCRIPT = `function __offbeat_at -a path wanted -d 'Does the line stand at this command, with so many words after it?'
    set -l words (commandline -opc)
    set -l at ''
    set -l count 0
    set -l is_value 0
    for word in $words[2..-1]
        if test $is_value = 1
            set is_value 0
        else if string match -q -- '-*' $word
            if contains -- $word $__offbeat_with_value; or contains -- "$at $word" $__offbeat_with_value
                set is_value 1
            end
        else if contains -- (string trim -- "$at $word") $__offbeat_commands
            set at (string trim -- "$at $word")
            set count 0
        else
            set count (math $count + 1)
        end
    end
    test "$at" = "$path"; and begin
        test "$wanted" = '*'; or test "$wanted" = $count
    end
end
function __offbeat_sources -d 'The names in the configuration that the line names'
    set -l words (commandline -opc)
    set -l config
    for i in (seq 2 (count $words))
        if test "$words[$i]" = --config; and test $i -lt (count $words)
            set config --config $words[(math $i + 1)]
        else if string match -q -- '--config=*' $words[$i]
            set config $words[$i]
        end
    end
    $words[1] $config completion sources 2>/dev/null
end`
