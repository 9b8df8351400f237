import { execFile } from 'node:child_process';
import { hostEnvironment } from './host.config.js';

export interface CommandResult {
  readonly code: number | 'not_found';
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a short command to its end and hands back both streams; a missing program is a result, not an exception. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const env = { ...hostEnvironment(), ...options.env };
  return new Promise((resolve) => {
    execFile(command, [...args], { ...options, env, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (error === null) resolve({ code: 0, output });
      else if (error.code === 'ENOENT') resolve({ code: 'not_found', output });
      else resolve({ code: typeof error.code === 'number' ? error.code : 1, output: output === '' ? error.message : output });
    });
  });
}
