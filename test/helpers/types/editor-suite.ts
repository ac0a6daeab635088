import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Compiler, isInstalled } from './compilers.js'
import { type Editor, openLanguageService } from './editor.js'
import { openLanguageServer } from './lsp-editor.js'

/** Opening reads all declarations, which takes seconds. */
const timeout = 240_000

const entries = ['own', 'client', 'io'] as const
const verbs = {
  Counter: ['inc', 'labels', 'remove'],
  Gauge: ['set', 'inc', 'dec', 'setToCurrentTime', 'startTimer', 'labels', 'remove'],
  Histogram: ['observe', 'startTimer', 'zero', 'labels', 'remove'],
  Summary: ['observe', 'startTimer', 'labels', 'remove'],
} as const
const types = Object.keys(verbs) as (keyof typeof verbs)[]

const metrics = entries.flatMap((entry) =>
  types.map((type) => `const ${entry}${type} = new ${entry}.${type}({ name: 'x', help: 'x', labelNames })`),
)
const program = `import * as own from 'promhive'
import * as client from 'promhive/prom-client'
import * as io from 'promhive/prometheus-io'
const labelNames = ['method', 'status'] as const
${metrics.join('\n')}
const ownInfo = new own.Info({ name: 'x', help: 'x', labelNames })
const ownStateSet = new own.StateSet({ name: 'x', help: 'x', labelNames, states: ['on', 'off'] })
`

/** What an editor shows with this version of TypeScript. */
export function describeEditor(compiler: Compiler): void {
  describe.skipIf(!isInstalled(compiler))(`an editor with ${compiler}`, () => {
    let editor: Editor
    beforeAll(async () => {
      editor = await (compiler === 'typescript' ? openLanguageServer(program) : openLanguageService(compiler, program))
    }, timeout)
    afterAll(() => editor?.close())

    test.each(entries)('completes label names (%s)', { timeout }, async (entry) => {
      for (const type of types) {
        for (const verb of verbs[type]) {
          const call = `${entry}${type}.${verb}({ | })`
          const { completions } = await editor.at(call)
          expect(completions, call).toEqual(expect.arrayContaining(['method', 'status']))
          // In promhive, nothing else: a metric without enableExemplars has no form.
          if (entry === 'own') expect([...completions].sort(), call).toEqual(['method', 'status'])
          expect(completions.length, call).toBeLessThan(8)
          const { completions: further } = await editor.at(`${entry}${type}.${verb}({ method: 'GET', | })`)
          expect(further, call).toContain('status')
          expect(further, call).not.toContain('method')
        }
      }
    })

    test.each(entries)('completes options (%s)', { timeout }, async (entry) => {
      for (const [type, option] of [
        ['Counter', 'enableExemplars'],
        ['Gauge', 'aggregator'],
        ['Histogram', 'buckets'],
        ['Summary', 'percentiles'],
      ]) {
        const call = `new ${entry}.${type}({ name: 'y', labelNames: ['a'], | })`
        const { completions } = await editor.at(call)
        expect(completions, call).toEqual(expect.arrayContaining(['help', 'registers', option]))
        expect(completions, call).not.toContain('name')
      }
    })

    test('completes names in labelled options and modes', { timeout }, async () => {
      const required = "new own.Counter({ name: 'y', help: 'y', labelNames: ['zone', 'app'], requiredLabels: ['|'] })"
      expect([...(await editor.at(required)).completions].sort()).toEqual(['app', 'zone'])
      const mode = "new own.Gauge({ name: 'y', help: 'y', mode: '|' })"
      expect((await editor.at(mode)).completions).toEqual(expect.arrayContaining(['livesum', 'mostrecent']))
    })

    test.each(entries)('shows docstrings (%s)', { timeout }, async (entry) => {
      const functions = ['collectDefaultM|etrics', 'linearB|uckets', 'registe|r'].map((name) => `${entry}.${name}`)
      const constructors = types.map((type) => `new ${entry}.${type.replace(/..$/, '|$&')}`)
      const instances = entry === 'own' ? [...types, 'Info', 'StateSet'] : types
      const members: string[] = []
      for (const instance of [...instances.map((type) => `${entry}${type}`), `${entry}.register`]) {
        const { completions } = await editor.at(`${instance}.|`)
        expect(completions.length, instance).toBeGreaterThan(4)
        members.push(...completions.map((name) => `${instance}.${name.replace(/.$/, '|$&')}`))
      }
      const bare: string[] = []
      for (const line of [...functions, ...constructors, ...members]) {
        const { hover } = await editor.at(line)
        // A number after a name is the bundler's.
        expect(hover, line).not.toMatch(/\w\$\d/)
        const [declaration, ...documentation] = hover.split(/\n```\n|\n\n/)
        const isProperty = /^(?:```\w+\n)?\(property\)/.test(declaration!)
        if (!isProperty && documentation.join('').trim() === '') bare.push(`${line}\n${hover}`)
      }
      expect(bare).toEqual([])
    })
  })
}
