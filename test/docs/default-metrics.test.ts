import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../src/index.js'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'

const page = new DocumentationPage('docs/default-metrics.md')

/** The rows of the table that has this first column: their cells. */
function rowsOf(column: string): string[][] {
  const lines = page.text.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${column} |`))
  const end = lines.findIndex((line, i) => i > head && line === '')
  return lines.slice(head + 2, end).map((line) => line.slice(2, -2).split(' | '))
}

/** What a program that measures itself shows: its families, with their types and label names. */
function shownFamilies(): Record<string, string> {
  provideDist()
  const program = `
    import { collectDefaultMetrics, register } from 'promhive'
    collectDefaultMetrics()
    console.log(await register.metrics())`
  const options = { cwd: root, env: cleanEnvironment(), encoding: 'utf8' } as const
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], options)
  return Object.fromEntries([...stdout.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
}

describe('the page of the default metrics', () => {
  test.runIf(process.platform === 'linux')('has every family that a process shows, with its type', () => {
    const documented = rowsOf('name').flatMap(([names, types]) => {
      const all = [...names!.matchAll(/`([^`{]+)(?:\{[^}]*\})?`/g)].map(([, name]) => name!)
      const kinds = types!.split(', ').filter((type) => /^(?:counter|gauge|histogram|summary)$/.test(type))
      return all.map((name, i) => [name, kinds[i] ?? kinds[0]!])
    })
    expect(Object.fromEntries(documented)).toEqual(shownFamilies())
    expect(documented).toHaveLength(Object.keys(shownFamilies()).length)
  })

  test('has every option, and the defaults that it names are accepted', () => {
    const rows = rowsOf('option').flatMap(([names, defaults]) => {
      const values = defaults === 'the default registry' ? [undefined] : defaults!.split('`, `')
      return names!.split(', ').map((name, i) => [name.replaceAll('`', ''), values[i]?.replaceAll('`', '')] as const)
    })
    const options = Object.fromEntries(
      rows.map(([name, value]) => [name, value && JSON.parse(value.replaceAll("'", '"'))]),
    )
    const registry = new Registry()
    expect(Object.keys(options)).toHaveLength(11)
    collectDefaultMetrics({ ...options, register: registry })
    // The same definitions as without options.
    collectDefaultMetrics({ register: registry })
    registry.clear()
  })
})
