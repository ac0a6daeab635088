import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { firstSet, isOff, isOn, itemsOf, variables } from '../../src/platform/environment.js'
import { readSource, root } from '../helpers/source-imports.js'

describe('the environment', () => {
  test('of several names, the first that is set and not empty counts', () => {
    const [own, python, older] = variables.directory
    expect(firstSet(variables.directory, { [older]: '/c', [python]: '/b', [own]: '' })).toEqual([python, '/b'])
    expect(firstSet(variables.directory, {})).toBeUndefined()
  })

  test.each(['off', 'FALSE', 'no', '0'])('%s switches off', (text) => {
    expect(isOff(variables.http, { PROMHIVE_HTTP: text })).toBe(true)
  })

  test.each(['', 'on', '1', 'none'])('"%s" does not switch off', (text) => {
    expect(isOff(variables.http, { PROMHIVE_HTTP: text })).toBe(false)
  })

  test('is true for the same values as in Python', () => {
    const said = ['1', 'True', 't', 'yes', '', '0'].map((text) =>
      isOn(variables.createdDisabled, { PROMETHEUS_DISABLE_CREATED_SERIES: text }),
    )
    expect(said).toEqual([true, true, true, false, false, false])
  })

  test('a list has neither blanks nor empty items', () => {
    expect(itemsOf(' a, b ,,c')).toEqual(['a', 'b', 'c'])
    expect(itemsOf(undefined)).toEqual([])
  })

  /** Tables of settings, which name the variables of the supervisor and of Redis, and how each is read. */
  const tables =
    /^(?:platform\/environment|supervisor\/settings\/|store\/redis\/environment-options|export\/http\/encryption|cli\/redis\/redis-arguments|platform\/paths)/

  test('is named in one place: no other file has the name of a variable beside texts for people', () => {
    const named = new Set<string>(Object.values(variables).flat())
    const found = readSource()
      .filter(({ path }) => !tables.test(path))
      .flatMap(({ path }) => {
        const text = readFileSync(join(root, 'src', path), 'utf8')
        const literals = [...text.matchAll(/'([A-Z_a-z]+)'/g), ...text.matchAll(/process\.env\.(\w+)/g)]
        return literals.flatMap(([, name]) => (named.has(name!) ? [`${path}: ${name}`] : []))
      })
    expect(found).toEqual([])
  })

  test('the test finds the names', () => {
    expect(Object.values(variables).flat().length).toBeGreaterThan(25)
  })
})
