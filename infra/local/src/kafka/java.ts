import { createHash } from 'node:crypto';
import { javaCommand } from '../process/host.config.js';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';

export interface Java {
  readonly command: string;
  readonly major: number;
  /** Differs between builds of the JVM: an archive of one is useless to another. */
  readonly fingerprint: string;
}

const INSTALL = 'install a JDK 17 or later (Debian: "apt-get install default-jre-headless maven"), or set KAFKA_BROKERS to a Kafka of your own';

/** Finds a JVM that can run Kafka 4, which needs 17 or later. */
export async function findJava(): Promise<Java> {
  const command = javaCommand();
  const run = await runCommand(command, ['-version']);
  if (run.code !== 0) throw new StartError('java_missing', `There is no Java at "${command}": ${INSTALL}.`);
  const major = parseJavaMajor(run.output);
  if (major < 17) throw new StartError('java_too_old', `Java ${major} is too old for Kafka: ${INSTALL}, or set JAVA_HOME to a newer one.`);
  return { command, major, fingerprint: createHash('sha256').update(run.output).digest('hex').slice(0, 12) };
}

/** 17 of `openjdk version "17.0.15"`, 8 of `java version "1.8.0_402"`. */
export function parseJavaMajor(versionOutput: string): number {
  const match = /version "(\d+)(?:\.(\d+))?/.exec(versionOutput);
  const [first, second] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return first === 1 ? second : first;
}
