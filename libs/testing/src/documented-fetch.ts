import { rebuilt } from '@heed/http';
import type { DescribedOperation, JsonSchema, OpenApiDocument } from '@heed/http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Described {
  readonly method: string;
  readonly path: RegExp;
  readonly pointer: string;
  readonly operation: DescribedOperation;
}

type Parts = Readonly<Record<string, unknown>>;

/**
 * `fetch` that fails where a service does what its OpenAPI document does not say: another status, another media type, a
 * member too many or too few, or a body taken that the document refuses.
 * @example const get = documentedFetch(describeService(dsarService)); await get(`${url}/v1/requests`)
 */
export function documentedFetch(document: OpenApiDocument): (url: string, init?: RequestInit) => Promise<Response> {
  const api = new Documented(document);
  return async (url, init = {}) => {
    const response = await fetch(url, init);
    await api.check(init.method ?? 'GET', new URL(url).pathname, init, response.clone());
    return response;
  };
}

class Documented {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly calls: readonly Described[];

  constructor(private readonly document: OpenApiDocument) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ ...(closed(document) as object), $id: 'api' });
    // Literal paths first: /v1/notices/recipients is no notice's id.
    const paths = Object.entries(document.paths).sort(([a], [b]) => a.split('{').length - b.split('{').length);
    this.calls = paths.flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
        pointer: pointer('paths', path, method),
        operation,
      })),
    );
  }

  async check(method: string, path: string, init: RequestInit, response: Response): Promise<void> {
    const { status } = response;
    const said = `${method} ${path} answered ${status}`;
    const call = this.calls.find((one) => one.method === method && one.path.test(path));
    if (!call) {
      if (![401, 403, 404].includes(status)) throw new Error(`${said} where the document has no such call`);
      return;
    }
    const named = call.operation.responses[status];
    if (!named) throw new Error(`${said}, which the document does not say: ${await response.text()}`);
    const at = typeof named['$ref'] === 'string' ? named['$ref'].slice(1) : call.pointer + pointer('responses', String(status));
    const { headers = {}, content = {} } = this.resolved(named) as { headers?: Parts; content?: Parts };
    for (const name of Object.keys(headers)) if (!response.headers.has(name)) throw new Error(`${said} without the header ${name}`);
    const type = mediaType(response.headers);
    if (!(type in content)) throw new Error(`${said} as ${type}, which the document does not say`);
    for (const value of valuesIn(type, await response.text())) this.validate(`${at}${pointer('content', type, 'schema')}`, value, said);
    if (status < 300) this.checkBody(call, init, `${said} to a body that`);
  }

  private checkBody({ operation, pointer: at }: Described, init: RequestInit, said: string): void {
    if (init.body === undefined || init.body === null) return;
    const type = mediaType(new Headers(init.headers));
    const { content = {} } = (operation.requestBody ?? {}) as { content?: Parts };
    if (!(type in content)) throw new Error(`${said} is ${type}, which the document does not say`);
    const text = typeof init.body === 'string' ? init.body : Buffer.from(init.body as Uint8Array).toString('utf8');
    if (type.endsWith('json')) this.validate(`${at}${pointer('requestBody', 'content', type, 'schema')}`, JSON.parse(text), said);
  }

  private validate(schema: string, value: unknown, said: string): void {
    const validate = this.ajv.getSchema(`api#${schema}`);
    if (!validate) throw new Error(`no schema at ${schema}`);
    if (validate(value)) return;
    const errors = validate.errors?.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
    throw new Error(`${said} is not as the document says: ${errors?.join('; ')}\n${JSON.stringify(value)}`);
  }

  private resolved(response: JsonSchema): JsonSchema {
    const name = typeof response['$ref'] === 'string' ? response['$ref'].split('/').at(-1) : undefined;
    return name === undefined ? response : (this.document.components['responses']?.[name] ?? {});
  }
}

/** Answers are open to callers, so that a later version may say more; what this version says is to be written down. */
function closed(document: OpenApiDocument): unknown {
  return rebuilt(document, (part) =>
    part['type'] === 'object' && part['properties'] && part['additionalProperties'] === undefined ? { ...part, additionalProperties: false } : part,
  );
}

function pointer(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

/** What is JSON in an answer; of a stream of lines, each. */
function valuesIn(type: string, text: string): readonly unknown[] {
  if (type.endsWith('ndjson')) return text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  return type.endsWith('json') ? [JSON.parse(text)] : [];
}

function mediaType(headers: Headers): string {
  return headers.get('content-type')?.split(';')[0] ?? 'nothing';
}
