/** What vitest's JSON reporter writes, as far as the summary reads it. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** One line for each failure, for the end of a log that nobody wants to scroll. */
  readonly failures: readonly string[];
}

/**
 * Counts a run. A test that did not run (skipped, todo, left behind by a dead worker) proves nothing and is a failure; so is a file that
 * failed without a single test of its own failing, as when an import or a hook breaks.
 */
export function tallyReport(report: VitestReport): Tally {
  let passed = 0;
  const failures: string[] = [];
  for (const file of report.testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else {
        failedHere += 1;
        failures.push(`${test.status === 'failed' ? 'failed' : 'not run'}: ${test.fullName}`);
      }
    }
    if (file.status !== 'passed' && failedHere === 0) {
      const reason = file.message?.split('\n')[0] ?? '';
      failures.push(`failed: ${file.name}${reason === '' ? '' : ` (${reason})`}`);
    }
  }
  return { passed, failed: failures.length, failures };
}

/**
 * Hosts of registries and mirrors have no place in a log that is shown around; loopback addresses do.
 * @example withoutHosts('fetch https://registry.example/x failed') // 'fetch <url> failed'
 */
export function withoutHosts(text: string): string {
  return text.replace(/\bhttps?:\/\/(?!(?:127\.0\.0\.1|localhost|\[::1\])[:/\s"'`)]|(?:127\.0\.0\.1|localhost|\[::1\])$)[^\s"'`)]+/gm, '<url>');
}
