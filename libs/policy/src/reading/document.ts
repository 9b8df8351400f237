import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair } from 'yaml';
import { toPointer, type PackIssue, type PackIssueCode, type PackPath } from './issue.js';

// A thousand times a real pack's promises would still fit; more is an attack or the wrong file.
const MAX_CHARACTERS = 1_048_576;
// One unclosed bracket can make a thousand errors; nobody reads more than a page of them.
const MAX_SYNTAX_ISSUES = 20;

/** YAML or JSON text whose places are still known. */
export interface PackDocument {
  readonly value: unknown;
  /** An issue at a path; `key` points at the key itself instead of its value. */
  issue(code: PackIssueCode, message: string, path: PackPath, key?: boolean): PackIssue;
}

export type ReadDocument = { ok: true; document: PackDocument } | { ok: false; issues: PackIssue[] };

/** Reads the text without judging it; syntax errors come back with their lines. */
export function readDocument(text: string, file?: string): ReadDocument {
  const at = file === undefined ? {} : { file };
  const one = (code: PackIssueCode, message: string): ReadDocument => ({
    ok: false,
    issues: [{ code, message, pointer: '', line: 1, column: 1, ...at }],
  });
  if (text.length > MAX_CHARACTERS) return one('pack_too_large', 'a pack has at most 1 MiB');
  if (text.trim() === '') return one('value_invalid', 'there is nothing in it: docs/policy-packs.md has a whole pack to start from');
  const lines = new LineCounter();
  const locate = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  } catch (error) {
    if (error instanceof RangeError) return one('yaml_syntax', 'the text is nested too deeply');
    throw error;
  }
  const syntax = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_ISSUES).map((error): PackIssue => ({
    code: error.code === 'DUPLICATE_KEY' ? 'yaml_duplicate_key' : 'yaml_syntax',
    message: error.code === 'DUPLICATE_KEY' ? 'this key stands twice in the same map' : firstLine(error.message),
    pointer: '',
    ...locate(error.pos[0]),
    ...at,
  }));
  if (syntax.length > 0) return { ok: false, issues: syntax };
  const alias = firstAlias(document);
  if (alias) {
    const message = 'anchors and aliases are not allowed: a pack is read by people and travels as JSON';
    return { ok: false, issues: [{ code: 'yaml_alias', message, pointer: '', ...locate(alias), ...at }] };
  }
  return {
    ok: true,
    document: {
      value: document.toJS(),
      issue: (code, message, path, key = false) => ({
        code,
        message,
        pointer: toPointer(path),
        ...locate(offsetOf(document, path, key)),
        ...at,
      }),
    },
  };
}

/** The offset of a path's value, of its key, or, where it does not exist, of the nearest place that does. */
function offsetOf(document: Document.Parsed, path: PackPath, wantKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) return offset;
      const key = startOf(pair.key) ?? offset;
      const value = startOf(pair.value);
      // A map or list below its key is found by the key; a value on the key's line by itself.
      const block = isMap(pair.value) || isSeq(pair.value);
      offset = block || value === undefined || (wantKey && depth === path.length - 1) ? key : value;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      const start = startOf(node);
      if (start === undefined) return offset;
      offset = start;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function firstAlias(document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, (_key, node) => {
    const anchored = isAlias(node) || ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined);
    if (!anchored) return undefined;
    found = node.range?.[0] ?? 0;
    return visit.BREAK;
  });
  return found;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
