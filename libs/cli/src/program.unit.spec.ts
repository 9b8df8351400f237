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

  it.each([
    [['withdraw'], 'See "heed withdraw --help".'],
    [['token', '--roles', 'dpo,king'], 'There is no role "king"; there are platform, analyst, dpo, tenant-admin, operator, auditor.'],
    [['token', '--roles', ','], 'No role is named'],
    [['dispatch', 'show'], 'See "heed dispatch show --help".'],
  ])('says of %j what is wrong and where to look', async (args, words) => {
    const program = makeProgram();
    let said = '';
    for (const command of all(program)) command.configureOutput({ writeErr: (text) => void (said += text) });
    await expect(program.parseAsync(['node', 'heed', ...args])).rejects.toThrow();
    expect(said).toContain(words);
    expect(said).toMatch(/See "heed [a-z ]+--help"/);
  });

  it('names whole ids in its examples', () => {
    const texts = all(makeProgram()).map(helpOf).join('\n');
    expect(texts.match(/(con_|verify |approve |show |certificate )0192f3c4(?!-0000-7000-8000-000000000000)/)).toBeNull();
  });
});
