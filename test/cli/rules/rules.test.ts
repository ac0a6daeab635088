import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { parse } from 'yaml'
import { observedApplication, presets } from '../../../src/cli/dashboards/application.js'
import { shownFamilies } from '../../../src/cli/dashboards/shown-families.js'
import { ruleGroups } from '../../../src/cli/rules/rule-groups.js'
import { rulesText, ruleTestsText } from '../../../src/cli/rules/rules-text.js'
import { yaml } from '../../../src/cli/rules/yaml.js'
import { promhive } from '../../helpers/processes/command.js'
import { root } from '../../helpers/processes/dist.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { hasPromtool } from '../../helpers/promtool.js'

const example = join(root, 'examples', 'prometheus')
const every = (preset: string) => ruleGroups(observedApplication(undefined, preset))

describe.skipIf(!hasPromtool)('the rules of each preset (needs Debian’s prometheus)', () => {
  test('are valid, and each alert fires and stops', ({ stage }) => {
    const files = presets.flatMap((preset) => written(stage, preset, rulesText(every(preset))))
    const valid = promtool('check', 'rules', ...files.map(([rules]) => rules))
    expect(valid.status, valid.text).toBe(0)
    const tested = promtool('test', 'rules', ...files.map(([, tests]) => tests))
    expect(tested.status, tested.text).toBe(0)
  })

  // A test of an alert could pass without ever seeing it fire.
  test('fail their tests if an alert never fires, or never stops', ({ stage }) => {
    const rules = rulesText(every('prometheus'))
    const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name!)
    expect(alerts.length).toBeGreaterThan(20)
    for (const [always, complaint] of [
      ['vector(0) > 1', /got:\[\]/],
      ['vector(1)', /exp:\[\]/],
    ] as const) {
      const broken = rules.replaceAll(/( +)(- alert: .*\n +expr: )(\|-\n(?: {10}.*\n)+|.*\n)/g, `$1$2${always}\n`)
      const [[, tests]] = written(stage, 'prometheus', broken)
      const { status, text } = promtool('test', 'rules', tests)
      expect([status, text]).toEqual([1, expect.stringMatching(complaint)])
      for (const name of alerts) expect(text).toContain(`alertname: ${name},`)
    }
  })
})

describe('promhive rules', () => {
  test('prints the rules and tests of the examples', async ({ stage }) => {
    const [rules, tests] = await Promise.all([
      promhive(stage, ['rules', '--all']),
      promhive(stage, ['rules', '--all', '--tests']),
    ])
    // To renew them: vitest run test/cli/rules/rules.test.ts -u
    await expect(rules.output).toMatchFileSnapshot(join(example, 'alerts.yml'))
    await expect(tests.output).toMatchFileSnapshot(join(example, 'alerts.test.yml'))
  })

  test('has the rules for which the application has families, with its names', () => {
    const text = [
      '# TYPE up_to_me gauge\nup_to_me 1',
      '# TYPE shop_primary_worker_restarts_total counter\nshop_primary_worker_restarts_total{reason="exit"} 0',
      '# TYPE process_open_fds gauge\nprocess_open_fds 1\n# TYPE process_max_fds gauge\nprocess_max_fds 2',
    ].join('\n')
    const rules = rulesText(ruleGroups(observedApplication(shownFamilies(text, 'a text')), 'shop'))
    const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
    const ofWorkers = ['WorkersBlocked', 'WorkersDown', 'WorkersCrash', 'RequestsFail', 'RequestsSlow']
    expect(alerts).toEqual(['PromhiveTargetDown', ...ofWorkers, 'FileDescriptorsNearLimit'])
    expect(rules).toContain('expr: up{job="shop"} == 0')
    expect(rules).toContain('sum by (job, instance) (shop_worker_state{shop_worker_state="blocked"}) > 0')
    expect(rules).not.toContain('promhive_worker')
  })

  test('gives every alert a description that says what to do, and a table row in the docs', () => {
    const page = readFileSync(join(root, 'docs', 'dashboards.md'), 'utf8')
    for (const preset of presets) {
      for (const rule of every(preset).flatMap(({ rules }) => rules)) {
        if (!('alert' in rule)) continue
        expect(rule.description.length, rule.alert).toBeGreaterThan(50)
        expect(page).toContain(`| \`${rule.alert}\` |`)
      }
    }
  })
})

test('a value is the same after it was written as YAML and read', () => {
  const texts = [
    'a',
    'a: b',
    'a:b',
    '# a',
    'a #b',
    '',
    ' a ',
    'true',
    '1m',
    '1',
    '1e3',
    'No',
    '"',
    'a\nb',
    '{{ a }}',
    '- a',
    '`a`',
    'a\\',
    "'",
    '12:30',
    'a:',
  ]
  const value = { list: texts, object: { texts: [{ one: 'x y', two: [['deep']] }], empty: [], number: 4 } }
  expect(parse(yaml(value))).toEqual(value)
  expect(parse(yaml(value), { version: '1.1' })).toEqual(value)
})

function written(stage: Stage, preset: string, rules: string): [[rules: string, tests: string]] {
  const folder = stage.folder()
  const paths: [string, string] = [join(folder, 'alerts.yml'), join(folder, 'alerts.test.yml')]
  writeFileSync(paths[0], rules)
  writeFileSync(paths[1], ruleTestsText(every(preset), 'alerts.yml'))
  return [paths]
}

function promtool(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  return { status, text: `${stdout}${stderr}` }
}
