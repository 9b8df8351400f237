/** A problem (RFC 9457) as one line: what, why, which promise, where. */
export function problemLine(status: number, body: string): string {
  try {
    const problem = JSON.parse(body) as {
      detail?: string;
      title?: string;
      code?: string;
      promise?: string;
      errors?: readonly { pointer?: string; detail?: string }[];
    };
    const fields = (problem.errors ?? []).slice(0, 5).map((error) => ` ${error.pointer ?? ''}: ${error.detail ?? ''}`);
    const promise = problem.promise === undefined ? '' : `, promise ${problem.promise}`;
    return `${problem.detail ?? problem.title ?? 'refused'}${fields.join(';')} (${status} ${problem.code ?? ''}${promise})`;
  } catch {
    return `the answer was ${status}: ${body.slice(0, 200)}`;
  }
}
