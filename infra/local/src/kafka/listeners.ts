/** Whom the broker lets in, and how it proves itself. */
export interface KafkaSecurity {
  /**
   * Clients log in by SCRAM-SHA-512 and may do what they were granted, nothing else. `admin` may do everything; its
   * password, and that of the controller's listener, are in force from the start that names them.
   */
  readonly login?: { readonly admin: string; readonly adminPassword: string; readonly controllerPassword: string };
  /** PEM files; the key and its certificate stand in one. */
  readonly tls?: { readonly keyStore: string; readonly caFile: string; readonly versions: readonly ('1.2' | '1.3')[] };
}

const CONTROLLER = 'heed-controller';

/** How the node's two listeners are called and guarded: one for clients, one for the controller. */
export function listenerSettings(ports: { port: number; controllerPort: number }, { login, tls }: KafkaSecurity): Record<string, string> {
  const clients = `${login ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  const name = clients === 'PLAINTEXT' ? 'PLAINTEXT' : 'CLIENTS';
  return {
    listeners: `${name}://127.0.0.1:${ports.port},CONTROLLER://127.0.0.1:${ports.controllerPort}`,
    'advertised.listeners': `${name}://127.0.0.1:${ports.port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': name,
    'listener.security.protocol.map': `CONTROLLER:${login ? 'SASL_PLAINTEXT' : 'PLAINTEXT'},${name}:${clients}`,
    ...(login ? loginSettings(login) : {}),
    ...(tls
      ? {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': tls.keyStore,
          'ssl.truststore.type': 'PEM',
          'ssl.truststore.location': tls.caFile,
          'ssl.enabled.protocols': tls.versions.map((version) => `TLSv${version}`).join(','),
        }
      : {}),
  };
}

/**
 * SCRAM for clients. The controller's listener cannot use it, for its users stand in the very metadata that it leads up
 * to: it has one user, by PLAIN, on the loopback interface. Left open it would be a door around every rule, for it takes
 * the same administrative calls as the broker.
 */
function loginSettings(login: NonNullable<KafkaSecurity['login']>): Record<string, string> {
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required';
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': `User:${login.admin};User:${CONTROLLER}`,
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': `${plain} username="${CONTROLLER}" password="${login.controllerPassword}" user_${CONTROLLER}="${login.controllerPassword}";`,
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.clients.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': `${scram} username="${login.admin}" password="${login.adminPassword}";`,
    // A session outlives its password by this much at most.
    'connections.max.reauth.ms': '900000',
  };
}

/** Who sets the admin's password, on the controller's listener. */
export const controllerLogin = (login: NonNullable<KafkaSecurity['login']>): { mechanism: 'plain'; username: string; password: string } => ({
  mechanism: 'plain',
  username: CONTROLLER,
  password: login.controllerPassword,
});
