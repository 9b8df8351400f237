import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { makeProgram } from './program.js';

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

describe('the heed command', () => {
  it.each(all(makeProgram()).map((command) => [command.name(), command] as const))('shows an example in the help of %s', (_name, command) => {
    expect(helpOf(command)).toContain('Example:');
  });

  it('calls wrong usage by its name', async () => {
    const program = makeProgram();
    for (const command of all(program)) command.configureOutput({ writeErr: () => undefined });
    await expect(program.parseAsync(['node', 'heed', 'nope'])).rejects.toMatchObject({ code: 'commander.unknownCommand' });
  });
});
