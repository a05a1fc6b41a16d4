import type { Command } from '../program/command.ts'

export const completionCommand: Command = {
  name: 'completion',
  summary: 'print a script with which a shell completes commands, options and sources',
  arguments: [
    {
      name: 'shell',
      summary: 'which shell; `sources` prints the names in the configuration, for the scripts',
      required: true,
      choices: ['bash', 'zsh', 'fish', 'sources'],
    },
  ],
  options: [],
  examples: [
    `bash, in ~/.bashrc:               source <(offbeat completion bash)`,
    `zsh, in ~/.zshrc after compinit:  source <(offbeat completion zsh)`,
    'fish, once:                       offbeat completion fish > ~/.config/fish/completions/offbeat.fish',
  ],
  run: async (input, context) => (await import('./show-completion.ts')).showCompletion(input, context),
}
