import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSource, root } from '../helpers/source-imports.js'

/**
 * Files that compare the time of day with something, each with its reason. It is set back and forward: an interval of one
 * process is measured with `performance.now()`.
 */
const compares: Readonly<Record<string, string>> = {
  'cli/doctor/directory-check.ts': 'reports files that are dated in the future',
  'cli/living-directory.ts': 'shows the age of other processes',
  'cli/top/frame.ts': 'shows the age of other processes',
  'export/replaced-file.ts': 'the age of an unfinished file of another process',
  'export/otlp/otlp-destination.ts': 'the times of exports, which must not go back',
  'export/remote-write/remote-write.ts': 'the times of samples, which must not go back',
  'metric/summary.ts': 'the window of a summary, of which all processes have the same parts',
  'platform/addon-proof.ts': 'the age of a folder of a process that was killed while it tried an addon',
  'runtime/directory/application-directory.ts': 'the age of a directory that another process made: an hour and more',
  'runtime/directory/run-directory.ts': 'the age of a directory that another process made',
  'store/core/carry-over.ts': 'the window of a summary, of which all processes have the same parts',
  'store/python/file-processes.ts': 'the start of a process with the time of its file, if nothing else shows them',
  'store/python/file-reader.ts': 'the age of a file; one of the future is checked at each scrape',
  'store/shared/liveness.ts': "the age of another process's sign of life, in both directions",
  'store/shared/target-file.ts': 'the age of the announcement of a dead process',
  'store/snapshot/snapshot-backend.ts': 'the age of snapshots of processes on other hosts',
  'store/snapshot/snapshot-reader.ts': 'the age of snapshots of processes on other hosts',
}

test('no interval is measured with the time of day', () => {
  const found = readSource().filter(
    ({ path }) => comparisonsIn(readFileSync(join(root, 'src', path), 'utf8')).length > 0,
  )
  expect(found.map(({ path }) => path).sort()).toEqual(Object.keys(compares).sort())
})

/**
 * Files that ask `Date`, which tests replace: for times that the application shows, and windows of them. What decides whether
 * something lives, is old or is sent asks `systemNow()`.
 */
const showsTimes: Readonly<Record<string, string>> = {
  'compat/internals/util.ts': 'a function of the client',
  'compat/prom-client/gauge.ts': 'the value of setToCurrentTime()',
  'export/http/certificate-file.ts': 'the days until a certificate expires',
  'export/page/page-reader.ts': 'the time of a plot',
  'export/page/scrape-log.ts': 'the time of a scrape on the page',
  'gather/merge.ts': 'the end of the windows of summaries',
  'gather/source-gatherer.ts': 'the end of the windows of summaries',
  'metric/child.ts': 'the time of an exemplar',
  'metric/gauge.ts': 'the value of setToCurrentTime()',
  'metric/summary.ts': 'the window of a summary',
  'model/layout/slot-layout.ts': 'the window of a summary',
  'platform/system-time.ts': 'a comment',
  'platform/test-file.ts': 'the times of series in memory',
  'runtime/exporters/export-metrics.ts': 'the time of the last success',
  'store/core/carry-over.ts': 'the window of a summary',
  'store/redis/host-backend.ts': 'when the process started, as it is shown',
  'store/redis/ledger.ts': 'when a series was created',
  'store/shared/seat-series.ts': 'when a series was created',
  'store/shared/shared-store.ts': 'the window of a summary',
  'supervisor/open-requests.ts': 'the time that a request takes, over processes',
  'supervisor/supervisor-metrics.ts': 'the value of a label',
}

test('only times that are shown follow a replaced Date', () => {
  const found = readSource().filter(({ path }) => readFileSync(join(root, 'src', path), 'utf8').includes('Date.now()'))
  const shown = found.map(({ path }) => path).filter((path) => !/^(?:cli|testing)\//.test(path))
  expect(shown.sort()).toEqual(Object.keys(showsTimes).sort())
})

test.each([
  ['if (Date.now() - since > 5) end()', 1],
  ['const until = Date.now() + 5\nwhile (Date.now() < until) look()', 2],
  ['const now = Date.now() / 1000\nrows.map(({ since }) => duration(now - since))', 1],
  ['return live(snapshot, Date.now())', 1],
  ['const now = Date.now()\nif (isLive(each, now)) count++', 1],
  ['const timestamp = Date.now() / 1000\nset({ value, timestamp })', 0],
  ['this.set(Date.now() / 1000)', 0],
  ["const name = 'bad-' + Date.now()", 0],
  ['if (performance.now() - since > 5) end()', 0],
])('the test of intervals sees: %s', (text, count) => {
  expect(comparisonsIn(text).length).toBe(count)
})

/** Lines in which the time of day, or a value derived from it, is compared, subtracted from, or passed on as `now`. */
function comparisonsIn(text: string): string[] {
  const clock = String.raw`(?:Date\.now|systemNow)\(\)`
  const names = [
    ...text.matchAll(/(?:const|let)\s+(\w+)\s*=\s*(?:Date\.now|systemNow)\(\)(?:\s*\/\s*1000)?\s*[+;\n]/g),
  ].map(([, name]) => name!)
  const times = [clock, ...new Set(names.filter((name) => name !== 'timestamp'))].join('|')
  const compared = new RegExp(
    String.raw`(?:${times})(?:\s*/\s*1000)?\s*(?:-[^-]|<|>|[+]\s*\w+$)|(?:[^-=]-|[^=]>|<)=?\s*(?:${times})\b`,
  )
  const handedOn = new RegExp(String.raw`\b(?:is\w+|live|\w*Age)\([^)]*(?:${times})`)
  return text.split('\n').filter((line) => compared.test(line) || handedOn.test(line))
}
