import { applyAccess, applyTopics, createKafka, declaredAccess, kafkaUser, librdkafkaProperties, rotateSecret } from '@heed/kafka';
import type { KafkaSecrets } from '@heed/kafka';
import { listTenants } from '@heed/provisioning';
import type { Installation } from '@heed/provisioning';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { provisioningTarget } from '../system/installation.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly json?: boolean;
}

/** Who may do what on Kafka, and how a client logs in. */
export function kafkaCommand(): Command {
  const kafka = new Command('kafka')
    .description('users and rights on Kafka: apply them, log in as one, change a password')
    .addHelpText('after', example('heed kafka client ajuni > ajuni.properties', 'heed kafka apply'));
  kafka
    .command('client <tenant>')
    .description('prints the settings of a platform team’s client (kcat, Python, Go, .NET); they hold its password')
    .option('--agent', 'those of the tenant’s store agents instead')
    .addHelpText('after', example('umask 077; heed kafka client ajuni > ajuni.properties', 'kcat -F ajuni.properties -C -t heed.t.ajuni.events.v1'))
    .action((tenant: string, { agent }: { readonly agent?: boolean }) => {
      const { installation } = provisioningTarget();
      const { secrets } = installation.kafkaAccess ?? {};
      const user = installation.topicPrefix + (agent === true ? kafkaUser.agent(tenant) : kafkaUser.platform(tenant));
      if (secrets && !secrets.has(user)) throw new CliError(`There is no password of ${user} here: see "heed tenant list", or run "heed kafka apply".`);
      const sasl = secrets ? ({ mechanism: 'scram-sha-512', username: user, password: secrets.of(user) } as const) : installation.kafka.sasl;
      process.stdout.write(librdkafkaProperties({ ...installation.kafka, ...(sasl ? { sasl } : {}) }));
    });
  kafka
    .command('apply')
    .description('makes the topics, users and rights of all tenants as they are declared; run again, it does nothing')
    .addOption(jsonOption())
    .addHelpText('after', example('heed kafka apply', 'HEED_KAFKA_ACCESS=scram KAFKA_USERNAME=admin KAFKA_PASSWORD=… heed kafka apply'))
    .action(async ({ json }: Options) => {
      const { installation } = provisioningTarget();
      const ids = await livingTenants(installation);
      const { kafka: settings, topicPrefix: prefix } = installation;
      const topics = await applyTopics(createKafka({ ...settings, retries: 5 }), ids, { prefix });
      const access = await applyAccess(settings, ids, { ...accessOf(installation), prefix });
      if (json === true) return printJson({ tenants: ids, topics, ...access });
      printLine(`${ids.length} tenants: ${topics.length} topics and ${access.users.length} users made, ${access.granted} rights granted, ${access.revoked} revoked`);
    });
  kafka
    .command('rotate <user>')
    .description('gives a user another password; whatever logs in as it has to be started with that')
    .addHelpText('after', example('heed kafka rotate platform-ajuni', 'heed kafka rotate heed-consent'))
    .action(async (user: string) => {
      const { installation } = provisioningTarget();
      const { users } = await declaredAccess(await livingTenants(installation), { prefix: installation.topicPrefix });
      if (!users.includes(user)) throw new CliError(`There is no user ${user}; there are ${users.join(', ')}.`);
      await rotateSecret(installation.kafka, user, secretsOf(installation));
      printLine(`${user} has another password. Sessions that are open last until the brokers ask again; start what logs in as it anew.`);
    });
  return kafka;
}

async function livingTenants(installation: Installation): Promise<readonly string[]> {
  return (await listTenants(installation)).filter(({ state }) => state === 'active' || state === 'closing').map(({ id }) => id);
}

function accessOf({ kafkaAccess }: Installation): { readonly secrets?: KafkaSecrets } {
  if (kafkaAccess) return kafkaAccess;
  throw new CliError('Nobody logs in to this Kafka: start Heed with HEED_KAFKA_AUTH=scram, or set HEED_KAFKA_ACCESS for an installation elsewhere (docs/kafka-access.md).');
}

function secretsOf(installation: Installation): KafkaSecrets {
  const { secrets } = accessOf(installation);
  if (secrets) return secrets;
  throw new CliError('Passwords on this Kafka are not kept here (HEED_KAFKA_ACCESS=rights).');
}
