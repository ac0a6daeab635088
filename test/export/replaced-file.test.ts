import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { ReplacedFile } from '../../src/export/replaced-file.js'
import { test } from '../helpers/processes/stage.js'
import { readSource, root } from '../helpers/source-imports.js'

const never = new AbortController().signal

describe.for<[string, (file: ReplacedFile, text: string) => void | Promise<void>]>([
  ['at once', (file, text) => file.replace(text)],
  [
    'in pieces',
    (file, text) =>
      file.replaceInPieces(
        [...text].map((letter) => Buffer.from(letter)),
        never,
      ),
  ],
])('a file that is replaced %s', ([, replace]) => {
  test('is another file with the permissions, and nothing else is left', async ({ stage }) => {
    const folder = stage.folder()
    const path = join(folder, 'shop.prom')
    writeFileSync(path, 'before', { mode: 0o600 })
    const { ino } = statSync(path)
    await replace(new ReplacedFile(path, 0o646), 'after')
    expect(readFileSync(path, 'utf8')).toBe('after')
    expect(statSync(path).ino).not.toBe(ino)
    expect(statSync(path).mode & 0o777).toBe(0o646)
    expect(readdirSync(folder)).toEqual(['shop.prom'])
  })

  test('keeps its content, without an unfinished file, if it cannot be replaced', async ({ stage }) => {
    const folder = stage.folder()
    // A folder with a file in it is not replaced by renaming, not even by root.
    const path = join(folder, 'in', 'the-way')
    await expect((async () => replace(new ReplacedFile(path), 'x'))()).rejects.toThrow('ENOENT')
    writeFileSync(join(folder, 'other'), '')
    await expect((async () => replace(new ReplacedFile(folder), 'x'))()).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(readdirSync(folder)).toEqual(['other'])
    const beside = `.${folder.split('/').at(-1)}.`
    expect(readdirSync(join(folder, '..')).filter((name) => name.startsWith(beside))).toEqual([])
  })

  test('removes what killed processes left of it, and no file of another name', async ({ stage }) => {
    const folder = stage.folder()
    const others = ['.shop.json.1-a.tmp', '.shop.notes.tmp', '.shop.3-c.tmp']
    for (const name of ['.shop.1-a.tmp', '.shop.2-b.tmp', ...others]) {
      writeFileSync(join(folder, name), 'x')
      if (name !== '.shop.3-c.tmp') utimesSync(join(folder, name), 1, 1)
    }
    await replace(new ReplacedFile(join(folder, 'shop')), 'x')
    expect(readdirSync(folder).toSorted()).toEqual([...others, 'shop'].toSorted())
  })

  test('stays a link if it is the file behind one', async ({ stage }) => {
    const folder = stage.folder()
    const [link, target] = [join(folder, 'link'), join(folder, 'target')]
    writeFileSync(target, 'before')
    symlinkSync(target, link)
    await replace(ReplacedFile.behindLinks(link), 'after')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(target, 'utf8')).toBe('after')
    await replace(new ReplacedFile(link), 'own')
    expect(lstatSync(link).isSymbolicLink()).toBe(false)
    expect(readFileSync(target, 'utf8')).toBe('after')
  })
})

test('a file that is replaced in pieces keeps its content if the time is over', async ({ stage }) => {
  const folder = stage.folder()
  const path = join(folder, 'shop.prom')
  writeFileSync(path, 'before')
  await expect(new ReplacedFile(path).replaceInPieces([Buffer.from('x')], AbortSignal.abort())).rejects.toThrow('abort')
  expect(readFileSync(path, 'utf8')).toBe('before')
  expect(readdirSync(folder)).toEqual(['shop.prom'])
})

/** Files of src that rename files, each with the reason why it is not a `ReplacedFile`. */
const renames: Readonly<Record<string, string>> = {
  'platform/windows.ts': 'how a ReplacedFile renames',
  'store/shared/claim.ts': 'a claim gets its name when it is complete',
  'store/shared/files.ts': 'renames a damaged file, to keep it',
  'store/shared/liveness-file.ts': 'a fifo gets its name when it is held',
  'store/shared/replaced-files.ts': 'files that stay open, and that only promhive reads',
  'store/shared/seat.ts': 'renames a damaged file, to keep it',
  'store/shared/target-file.ts': 'the file stays open and locked, which shows that its process lives',
  'supervisor/pid-file.ts': 'takes the file only if no other process has it',
}

test('src replaces files for other programs only with ReplacedFile', () => {
  const found = readSource().filter(({ path }) =>
    /\brename(?:Sync)?\((?!`)/.test(readFileSync(join(root, 'src', path), 'utf8')),
  )
  expect(found.map(({ path }) => path).toSorted()).toEqual(Object.keys(renames).toSorted())
})
