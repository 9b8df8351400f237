import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ConsentUnderTest } from './consent-under-test.js';

const MAIN = path.join(import.meta.dirname, '../dist/main.js');

/** A second instance of the service under test, as a process of its own that logs all it has to say. */
export class TalkativeConsent {
  /** Everything on its two outputs. */
  said = '';
  url = '';

  private constructor(private readonly child: ChildProcess) {}

  static async start({ service }: ConsentUnderTest, more: Readonly<Record<string, string>> = {}): Promise<TalkativeConsent> {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...service.environment, LOG_LEVEL: 'trace', KAFKAJS_NO_PARTITIONER_WARNING: '1', ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGKILL')); // a test that gave up leaves nobody behind
    const talkative = new TalkativeConsent(child);
    const listening = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`it ended with ${String(code)}: ${talkative.said.slice(-2000)}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          talkative.said += text;
          const port = /"port":(\d+)/.exec(talkative.said)?.[1];
          if (port) talkative.url = `http://127.0.0.1:${port}`;
          if (port) resolve();
        });
      }
    });
    await listening;
    return talkative;
  }

  /** @returns the signal that ended it */
  async ended(): Promise<NodeJS.Signals | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.signalCode;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
