import { readFile } from 'node:fs/promises';
import { clientTlsEnvironment, ConfigError, kafkaEnvironment, loadConfig } from '@heed/config';
import { parse } from 'yaml';
import { z } from 'zod';
import { agentFile } from './agent-file.js';
import type { AgentFile } from './agent-file.js';

const environment = z.object({
  HEED_AGENT_CONFIG: z.string().min(1),
  ...kafkaEnvironment,
  ...clientTlsEnvironment,
  HEED_TOPIC_PREFIX: z.string().default(''),
  HEED_ORIGIN: z.url(),
  HEED_ISSUER: z.url(),
  HEED_CLIENT_ID: z.string().min(1),
  HEED_CLIENT_SECRET: z.string().min(1),
  HEED_KEYS_DIR: z.string().min(1),
  /** Where journals of stores that cannot hold one are kept; by default beside the keys. */
  HEED_STATE_DIR: z.string().optional(),
  HEED_FAILPOINT: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  NODE_ENV: z.string().default('development'),
});
export type AgentEnvironment = z.output<typeof environment>;

export interface AgentConfig {
  readonly env: AgentEnvironment;
  readonly file: AgentFile;
}

/** Reads environment and file. @throws ConfigError with the one line an operator needs. */
export async function loadAgentConfig(env: Readonly<Record<string, string | undefined>> = process.env): Promise<AgentConfig> {
  const settings = loadConfig(environment, env);
  let text: string;
  try {
    text = await readFile(settings.HEED_AGENT_CONFIG, 'utf8');
  } catch {
    throw new ConfigError(`HEED_AGENT_CONFIG: cannot read ${settings.HEED_AGENT_CONFIG}`);
  }
  return { env: settings, file: parseAgentFile(text, env) };
}

/** `${NAME}` in a value is taken from the environment, so that no secret has to stand in the file. */
export function parseAgentFile(text: string, env: Readonly<Record<string, string | undefined>>): AgentFile {
  let yaml: unknown;
  try {
    yaml = parse(text);
  } catch (error) {
    throw new ConfigError(`agent file: not YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`);
  }
  const result = agentFile.safeParse(substitute(yaml, env));
  if (result.success) return result.data;
  throw new ConfigError(`agent file: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
}

function substitute(value: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found === undefined) throw new ConfigError(`agent file: \${${name}} is not set in the environment`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, env));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, env)]));
  }
  return value;
}
