import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readSource, root } from '../helpers/source-imports.js'

const here = dirname(fileURLToPath(import.meta.url))

describe('SECURITY.md', () => {
  test('has a test under the text of each sentence about the directory', () => {
    const text = readFileSync(join(root, 'SECURITY.md'), 'utf8')
    const section = /## The metrics directory\n([\s\S]*?)\n## /.exec(text)![1]!
    const sentences = [...section.matchAll(/^- (.+)$/gm)].map(([, sentence]) => sentence!)
    expect(sentences.length).toBeGreaterThan(10)
    const tests = readdirSync(here)
      .map((name) => readFileSync(join(here, name), 'utf8'))
      .join('\n')
      .replaceAll('’', "'")
    expect(sentences.filter((sentence) => !tests.includes(sentence))).toEqual([])
  })

  test('A process writes to, locks and maps only regular files of these users. It checks the open file, not the path.', () => {
    // Each open file of a shared directory comes from files.ts, which checks the descriptor, or is a liveness file; each mapping from ownership.ts.
    const opens =
      /\b(?:open|readFile|writeFile|appendFile|copyFile|truncate|chmod|chown|utimes)Sync\b|\bcreate(?:Read|Write)Stream\b|fs\/promises/
    const allowed = [
      // Of the kernel's: /proc/<pid>/maps.
      'store/python/file-processes.ts',
      'store/shared/directory.ts',
      'store/shared/files.ts',
      // Fifos, which it neither reads nor writes, with the same checks of the descriptor.
      'store/shared/liveness-file.ts',
      // Of the kernel's: /proc/locks and /proc/<pid>/stat.
      'store/shared/liveness.ts',
      'store/shared/process-facts.ts',
    ]
    const shared = readSource().filter(({ path }) => /^store\/(?:python|shared)\//.test(path))
    expect(shared.length).toBeGreaterThan(20)
    expect(shared.filter(({ path }) => opens.test(sourceOf(path))).map(({ path }) => path)).toEqual(allowed)
    const maps = readSource().filter(({ path }) => /\b[bB]inding[!?]?\.map\(/.test(sourceOf(path)))
    // The trial of an addon maps a file in a folder that it has just made.
    expect(maps.map(({ path }) => path)).toEqual(['platform/addon-proof.ts', 'store/shared/ownership.ts'])
    // A path may lead elsewhere once it was checked; a descriptor does not.
    const givesAway = readSource().filter(({ path }) => /\bl?chownSync\b/.test(sourceOf(path)))
    expect(givesAway.map(({ path }) => path)).toEqual([])
  })
})

function sourceOf(path: string): string {
  return readFileSync(join(root, 'src', path), 'utf8')
}
