import { malformed } from '@heed/kernel';

/**
 * The fields of a form as browsers and mail programs send it: urlencoded or multipart (RFC 8058 allows both). The first of
 * a name counts.
 * @throws HeedError `form_malformed`
 */
export async function readForm(contentType: string | undefined, body: unknown): Promise<Readonly<Record<string, string>>> {
  if (typeof body !== 'string') throw malformed('form_malformed', 'Send a form: application/x-www-form-urlencoded or multipart/form-data.');
  const fields: Record<string, string> = {};
  for (const [name, value] of await entriesOf(contentType ?? '', body)) {
    if (typeof value === 'string' && !Object.hasOwn(fields, name)) fields[name] = value;
  }
  return fields;
}

async function entriesOf(contentType: string, body: string): Promise<Iterable<[string, unknown]>> {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(body);
  if (type !== 'multipart/form-data') throw malformed('form_malformed', 'Send a form: application/x-www-form-urlencoded or multipart/form-data.');
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw malformed('form_malformed', 'The multipart form cannot be read.');
  }
}
