import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './helpers/source-imports.js'

/** A file by its path in the repository, without its comments. */
type File = readonly [path: string, code: string]

describe('what a file of src exports', () => {
  const source = filesIn('src')
  const doors = source.filter(([path]) => path.split('/').length === 2)
  const exported = source.filter((file) => !doors.includes(file)).flatMap(exportsOf)

  test('is used by src, beside its declaration: functions, classes and constants', () => {
    const imported = importsOf(source)
    const dead = exported.filter(({ name, path, code }) => !has(imported, path, name) && mentions(code, name) === 1)
    expect(exported.length).toBeGreaterThan(400)
    expect(dead.map(({ path, name }) => `${path} ${name}`)).toEqual([])
  })

  // A class may be exported for the type of what another export returns.
  test('is imported by another file of src, or by a test: functions and constants', () => {
    const imported = importsOf([...source, ...filesIn('test'), ...filesIn('bench')])
    const local = exported.filter(({ kind, name, path }) => kind !== 'class' && !has(imported, path, name))
    expect(local.map(({ path, name }) => `${path} ${name}`)).toEqual([])
  })
})

test('the test of dead code sees every form of import', () => {
  const files: readonly File[] = [
    ['src/a/one.ts', "import { x, type y as z } from '../b/two.js'\nexport { w } from './three.js'"],
    ['src/a/two.ts', "import * as all from './four.js'\nconst five = await import('./five.js')"],
  ]
  const imported = importsOf(files)
  const seen = (path: string, name: string) => has(imported, path, name)
  expect([seen('src/b/two', 'x'), seen('src/b/two', 'y'), seen('src/a/three', 'w')]).toEqual([true, true, true])
  expect([seen('src/a/four', 'anything'), seen('src/a/five', 'anything')]).toEqual([true, true])
  expect([seen('src/b/two', 'z'), seen('src/a/two', 'x')]).toEqual([false, false])
  const declared = exportsOf(['src/a.ts', 'export function f() {}\nexport abstract class C {}\nexport type T = 1'])
  expect(declared.map(({ name }) => name)).toEqual(['f', 'C'])
})

function filesIn(folder: string): readonly File[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.m?ts$|\.mjs$/.test(path) && !path.includes('node_modules'))
    .map((path) => [join(folder, path), withoutComments(readFileSync(join(root, folder, path), 'utf8'))])
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

function exportsOf([file, code]: File): { path: string; kind: string; name: string; code: string }[] {
  const declarations = /^export (?:abstract |async )*(function|class|const)\*? (\w+)/gm
  const path = file.replace(/\.ts$/, '')
  return [...code.matchAll(declarations)].map(([, kind, name]) => ({ path, kind: kind!, name: name!, code }))
}

/** The names that other files take from each file; `*` for all of them. */
function importsOf(files: readonly File[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const add = (from: string, specifier: string, names: readonly string[]): void => {
    const path = join(dirname(from), specifier).replace(/\.js$/, '')
    found.set(path, new Set([...(found.get(path) ?? []), ...names]))
  }
  for (const [path, code] of files) {
    for (const [, list, specifier] of code.matchAll(/(?:import|export)\s[^'"{}]*\{([^{}]*)\}\s*from '(\.[^']+)'/g)) {
      const names = list!.split(',').map(
        (each) =>
          each
            .trim()
            .replace(/^type /, '')
            .split(' as ')[0]!,
      )
      add(path, specifier!, names)
    }
    for (const [, specifier] of code.matchAll(/(?:\* as \w+ from |import\()\s*'(\.[^']+)'/g))
      add(path, specifier!, ['*'])
  }
  return found
}

function has(imported: ReadonlyMap<string, ReadonlySet<string>>, path: string, name: string): boolean {
  const names = imported.get(path)
  return names !== undefined && (names.has(name) || names.has('*'))
}

function mentions(code: string, name: string): number {
  return code.match(new RegExp(`(?<![\\w$])${name.replace('$', '\\$')}(?![\\w$])`, 'g'))?.length ?? 0
}
