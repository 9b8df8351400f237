import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface IssuedCertificate {
  /** PKCS#8, not encrypted. */
  readonly keyFile: string;
  readonly certFile: string;
}

export interface TestAuthority {
  readonly caFile: string;
  /** @param certificate names the files and the subject; `hosts` are DNS names or IP addresses (default: this computer) */
  issue(certificate: { readonly name: string; readonly hosts?: readonly string[] }): Promise<IssuedCertificate>;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * An authority that nobody trusts by itself, for real handshakes in specs: made by the openssl command, so that the
 * certificates are what a stranger's tools would make.
 *
 * @example const { keyFile, certFile } = await (await makeTestAuthority(dir)).issue({ name: 'kafka' });
 */
export async function makeTestAuthority(dir: string): Promise<TestAuthority> {
  await mkdir(dir, { recursive: true });
  const [caKey, caFile] = [join(dir, 'ca.key'), join(dir, 'ca.crt')];
  const usage = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=Heed test authority', ...usage, '-keyout', caKey, '-out', caFile]);
  return {
    caFile,
    issue: async ({ name, hosts = ['localhost', '127.0.0.1'] }) => {
      const [keyFile, certFile, request, extensions] = ['key', 'crt', 'csr', 'ext'].map((suffix) => join(dir, `${name}.${suffix}`)) as [string, string, string, string];
      const names = hosts.map((host) => `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`).join(',');
      await writeFile(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
      await run('openssl', ['req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', request]);
      await run('openssl', ['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', certFile]);
      return { keyFile, certFile };
    },
  };
}
