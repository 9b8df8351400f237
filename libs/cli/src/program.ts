import { Command } from 'commander';
import { certificateCommand } from './commands/certificate.command.js';
import { consentsCommand } from './commands/consents.command.js';
import { demoCommand } from './commands/demo.command.js';
import { dispatchCommand } from './commands/dispatch.command.js';
import { dlqCommand } from './commands/dlq.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { kafkaCommand } from './commands/kafka.command.js';
import { keysCommand } from './commands/keys.command.js';
import { ledgerCommand } from './commands/ledger.command.js';
import { linkCommand } from './commands/link.command.js';
import { packCommand } from './commands/pack.command.js';
import { promisesCommand } from './commands/promises.command.js';
import { recoverCommand } from './commands/recover.command.js';
import { requestCommand } from './commands/request.command.js';
import { startCommand } from './commands/start.command.js';
import { statusCommand } from './commands/status.command.js';
import { stepUpCommand } from './commands/step-up.command.js';
import { storesCommand } from './commands/stores.command.js';
import { tenantCommand } from './commands/tenant.command.js';
import { example } from './commands/tenant-option.js';
import { tokenCommand } from './commands/token.command.js';
import { withdrawCommand } from './commands/withdraw.command.js';

/** The `heed` command. */
export function makeProgram(): Command {
  const program = new Command('heed')
    .description('Heed: say it once, and every data store heeds it, provably.')
    .addHelpText('after', example('heed start', 'heed demo'));
  const commands = [
    startCommand(),
    statusCommand(),
    demoCommand(),
    tokenCommand(),
    stepUpCommand(),
    packCommand(),
    storesCommand(),
    tenantCommand(),
    withdrawCommand(),
    consentsCommand(),
    requestCommand(),
    certificateCommand(),
    dispatchCommand(),
    dlqCommand(),
    kafkaCommand(),
    keysCommand(),
    ledgerCommand(),
    linkCommand(),
    recoverCommand(),
    promisesCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExit(program);
  return program;
}

/** Wrong usage is an error like others, so that `main` alone decides exit codes; it says where the right one is told. */
function throwInsteadOfExit(command: Command, called = command.name()): void {
  command.exitOverride();
  command.showHelpAfterError(`See "${called} --help".`);
  for (const child of command.commands) throwInsteadOfExit(child, `${called} ${child.name()}`);
}
