import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { provideDist, root } from '../helpers/processes/dist.js'

/**
 * Classes in the declarations that no door exports, with the reason. Another one appears here when an exported type names
 * it: mark that member @internal, unless users need it.
 */
const needed: Readonly<Record<string, string>> = {
  LabelledMetric: 'has what the metrics of all types can do',
  Child: 'has what the children of all types can do',
  CounterChild: 'labels() of a counter returns it',
  GaugeChild: 'labels() of a gauge returns it',
  HistogramChild: 'labels() of a histogram returns it',
  SummaryChild: 'labels() of a summary returns it',
  InfoChild: 'labels() of an info returns it',
  StateSetChild: 'labels() of a stateset returns it',
  SupervisorCore: 'has what supervise() and observe() return alike',
  NestMetrics: 'httpMetrics() of promhive/nestjs returns it',
  AwaitedBackend: 'MultiProcessRedisBackend extends it',
  Participant: 'a conformance case gets it',
  ScrapedSeries: 'a conformance case reads it',
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json' && !door.includes('*'))
/** The doors that `import` and `require()` share are CommonJS. */
const [common, both] = [
  doors.filter((door) => !manifest.exports[door].import),
  doors.filter((door) => manifest.exports[door].import),
]
/** The declarations of a door, below dist/esm or dist/cjs. */
const fileOf = (door: string): string => {
  const { types, import: esm = { types } } = manifest.exports[door]
  return esm.types.replace(/^\.\/dist\/\w+\//, '')
}
const shared = 'types/shared.d.ts'
/** What the doors of other clients share, which are CommonJS alone. */
const ofClients = 'types/clients.d.ts'
const files: Readonly<Record<string, readonly string[]>> = {
  esm: [...both.map(fileOf), shared].sort(),
  cjs: [...both.map(fileOf), ...common.map(fileOf), 'internals.d.ts', shared, ofClients].sort(),
}

beforeAll(() => provideDist())

const read = (format: string, file: string): string => readFileSync(join(root, 'dist', format, file), 'utf8')

describe.each(['esm', 'cjs'])('the declarations for %s', (format) => {
  test('are one file for each door, one for what doors share, and one for what those of other clients share', () => {
    const all = readdirSync(join(root, 'dist', format), { recursive: true }) as string[]
    const declarations = all.filter((name) => /\.d\.[mc]?ts$/.test(name) && !/^[\w-]+\/lib\//.test(name))
    expect(declarations.sort()).toEqual(files[format])
  })

  test('import nothing but each other and Node.js', () => {
    for (const file of files[format]!) {
      const code = read(format, file).replaceAll(/\/\*[\s\S]*?\*\//g, '')
      const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)]
      const foreign = specifiers.map(([, specifier]) => specifier!).filter((name) => !/^node:/.test(name))
      expect(foreign.filter((name) => !/^\.\/(?:types\/)?(?:shared|clients)\.js$/.test(name))).toEqual([])
    }
  })

  test('declare no class that a user cannot reach, and no member that is marked @internal', () => {
    const classes = new Set<string>()
    const exported = new Set<string>()
    for (const file of files[format]!) {
      const text = read(format, file)
      expect(text).not.toContain('@internal')
      for (const [, name] of text.matchAll(/^(?:export )?declare (?:abstract )?class (\w+)/gm)) classes.add(name!)
      if (file === shared || file === ofClients) continue
      for (const [, name] of text.matchAll(/^export declare (?:abstract )?class (\w+)/gm)) exported.add(name!)
      for (const [, list] of text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
        for (const each of list!.split(','))
          exported.add(
            each
              .trim()
              .replace(/^type /, '')
              .split(' ')[0]!,
          )
      }
    }
    expect([...classes].filter((name) => !exported.has(name)).sort()).toEqual(Object.keys(needed).sort())
  })
})

test.each([shared, 'index.d.ts'])(
  '%s names nothing of promhive with a number: messages of compilers show the names',
  (file) => {
    const text = read('esm', file)
    expect([...text.matchAll(/^.*\b\w+\$\d.*$/gm)].map(([line]) => line)).toEqual([])
  },
)

test('no declaration has a path of the build', () => {
  for (const format of ['esm', 'cjs'])
    for (const file of files[format]!) expect(read(format, file), file).not.toContain('.dist-')
})

test('ESM and CommonJS have the same declarations', () => {
  for (const file of files.esm!) expect(read('cjs', file)).toBe(read('esm', file))
})

test('there are no source maps, and nothing refers to one', () => {
  const all = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  expect(all.filter(({ name }) => name.endsWith('.map'))).toEqual([])
  for (const { parentPath, name } of all) {
    expect(readFileSync(join(parentPath, name), 'utf8'), name).not.toContain('//# sourceMappingURL')
  }
})

/** The functions and classes that a door exports, and types that it does not mark as such. */
function valuesOf(door: string): string[] {
  const text = read('esm', `${door}.d.ts`)
  const declared = [...text.matchAll(/^export declare (?:abstract )?(?:function|class) (\w+)/gm)].map(
    ([, name]) => name!,
  )
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list!.split(','))
  return [...declared, ...listed.map((each) => each.trim()).filter((each) => /^\w+$/.test(each))]
}

describe.each([
  ['supervisor', 'docs/hooks.md', 'supervise'],
  ['uwsgi', 'docs/server-statistics.md', 'uwsgiCollector'],
  ['backend', 'docs/writing-a-backend.md', 'SnapshotBackend'],
])('promhive/%s is marked experimental', (door, page, one) => {
  test('in the docstring of each function and class that only this door exports', () => {
    const main = valuesOf('index')
    const names = valuesOf(door).filter((name) => !main.includes(name))
    expect(names).toContain(one)
    const text = read('esm', `${door}.d.ts`) + read('esm', 'types/shared.d.ts')
    const unmarked = names.filter((name) => {
      const declaration = new RegExp(`^(?:export )?declare (?:abstract )?(?:function|class) ${name}\\b`, 'm')
      const at = text.search(declaration)
      // -1 for a type.
      const comment = text.slice(0, Math.max(at, 0)).trimEnd()
      const isMarked = comment.endsWith('*/') && comment.slice(comment.lastIndexOf('/**')).includes('@experimental')
      return at >= 0 && !isMarked
    })
    expect(unmarked).toEqual([])
  })

  test(`in ${page}`, () => {
    expect(readFileSync(join(root, page), 'utf8')).toContain(`\n\`promhive/${door}\` is experimental`)
  })
})
