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
  'platform/addon-proof.ts': 'the age of a folder of another process',
  'export/remote-write/remote-write.ts': 'the times of samples, which must not go back',
  'metric/summary.ts': 'the window of a summary, of which all processes have the same parts',
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
  const clock = String.raw`(?:Date|systemClock)\.now\(\)`
  const names = [...text.matchAll(/(?:const|let)\s+(\w+)\s*=\s*Date\.now\(\)(?:\s*\/\s*1000)?\s*[+;\n]/g)].map(
    ([, name]) => name!,
  )
  const times = [clock, ...new Set(names.filter((name) => name !== 'timestamp'))].join('|')
  const compared = new RegExp(
    String.raw`(?:${times})(?:\s*/\s*1000)?\s*(?:-[^-]|<|>|[+]\s*\w+$)|(?:[^-=]-|[^=]>|<)=?\s*(?:${times})\b`,
  )
  const handedOn = new RegExp(String.raw`\b(?:is\w+|live|\w*Age)\([^)]*(?:${times})`)
  return text.split('\n').filter((line) => compared.test(line) || handedOn.test(line))
}
