import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test as plainTest } from 'vitest'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { timeout } from '../limitations/application.js'
import type { Behaviour, Check } from './behaviour.js'
import { behaviours } from './behaviours.js'

describe('the table of what Python pins for several processes', () => {
  plainTest('has a row for each of its 33 tests, in their order', () => {
    expect(behaviours.map(({ number }) => number)).toEqual(Array.from({ length: 33 }, (_, i) => i + 1))
  })

  plainTest('contains a check for each row that applies, and a reason for each other row', () => {
    for (const { number, verdict, check, ours } of behaviours) {
      expect(check !== undefined, `row ${number}`).toBe(verdict !== 'does not apply')
      expect(ours.length, `row ${number}`).toBeGreaterThan(5)
    }
  })

  const pointers = behaviours.flatMap(({ number, alsoIn }) => (alsoIn === undefined ? [] : [{ number, alsoIn }]))
  plainTest.for(pointers)('row $number points to a test that exists', ({ alsoIn: [file, name] }) => {
    const source = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', file), 'utf8')
    expect(source).toContain(`test('${name}`)
  })
})

const checked = behaviours.filter((row): row is Behaviour & { check: Check } => row.check !== undefined)

describe.each(sharedBackends)('$backend, where Python has it that', { timeout }, ({ env }) => {
  for (const { number, python, ours, verdict, check } of checked) {
    const name = `${number}. ${python}: ${verdict === 'same' ? '' : 'better, '}${ours}`
    test(name, ({ stage }) => check({ stage, env }))
  }
})
