import { assertPortFree, freePorts } from '../process/ports.js';

/** Every port of the embedded start, as its distance from HEED_PORT_BASE. */
const OFFSETS = {
  origin: 0,
  consent: 1,
  dsar: 2,
  retention: 3,
  'subprocessor-registry': 4,
  notifications: 5,
  issuer: 9,
  smtp: 10,
  'mail-sink': 11,
  'mail-processor': 12,
  postgres: 20,
  kafka: 21,
  'kafka-controller': 22,
  'postgres-keys': 23,
} as const;

export type PortName = keyof typeof OFFSETS;
export type PortPlan = Readonly<Record<PortName, number>>;

const NAMES = Object.keys(OFFSETS) as PortName[];

/** Fixed ports above the base, or free ones when the base is 0. */
export async function planPorts(base: number): Promise<PortPlan> {
  const free = base === 0 ? await freePorts(NAMES.length) : [];
  const ports = NAMES.map((name, index) => [name, free[index] ?? base + OFFSETS[name]] as const);
  return Object.fromEntries(ports) as Record<PortName, number>;
}

/** Looks at all of them before anything is started, so that a refusal leaves nothing behind. */
export async function assertPortsFree(ports: PortPlan, without: readonly PortName[]): Promise<void> {
  for (const name of NAMES) if (!without.includes(name)) await assertPortFree(ports[name], name);
}

/** Ports of servers that are somebody else's. */
export function externalPorts(options: { readonly postgresUrl: string | undefined; readonly keysPostgresUrl: string | undefined; readonly kafka: object | undefined }): PortName[] {
  return [
    ...(options.postgresUrl === undefined ? [] : (['postgres'] as const)),
    ...(options.keysPostgresUrl === undefined ? [] : (['postgres-keys'] as const)),
    ...(options.kafka === undefined ? [] : (['kafka', 'kafka-controller'] as const)),
  ];
}
