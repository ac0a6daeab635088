import { beforeAll, describe, expect, test } from 'vitest'
import { absentValues } from './absent-values.js'
import { type CompileError, type Compiler, compile, isInstalled } from './compilers.js'
import { examples, snippets, typePrograms } from './programs.js'
import { type Resolution, resolutions, surfaceFor } from './surface.js'
import { beforeWrongUses, wrongUses } from './wrong-uses.js'

/** Compiling takes seconds, and on a busy machine many. */
const timeout = 240_000

/** What a snippet takes for granted: names, packages, the types of its own parameters; or that it shows alternatives. */
const takenForGranted = [2300, 2304, 2307, 2552, 7005, 7006, 7016, 7018, 7019, 7031, 7034, 18004]

const moduleOptions = { isolatedModules: true, verbatimModuleSyntax: true }
const linesBefore = beforeWrongUses.split('\n').length

/** What holds under a compiler, with each of the resolutions. */
export function describeCompiler(compiler: Compiler, others: readonly Resolution[], options: object = {}): void {
  describe.skipIf(!isInstalled(compiler))(`under ${compiler}`, () => {
    // Once for all tests: most of the time goes into the declarations of Node.
    let errors: readonly CompileError[]
    const ofFile = (name: RegExp) => errors.filter(({ file }) => name.test(file))
    beforeAll(() => {
      const code = wrongUses.map(([use]) => use.replaceAll(/[⟨⟩]/g, ''))
      const own = {
        'wrong-uses.ts': `${beforeWrongUses}${code.join('\n')}\n`,
        'absent-values.ts': absentValues,
        ...surfaceFor('nodenext'),
      }
      const files = { ...snippets(), ...examples(), ...typePrograms(), ...own }
      errors = compile(compiler, files, {}, { ...moduleOptions, ...options })
    }, timeout)

    test('every snippet of the README and the docs, and every example, compiles as .ts', () => {
      const faults = errors.filter(({ file }) => !/^(?:types-|surface|below-lib|wrong-uses|absent-values)/.test(file))
      expect(faults.filter(({ code }) => !takenForGranted.includes(code))).toEqual([])
    })

    test('every entry has types, as ESM and as CommonJS', () => {
      expect(ofFile(/^(?:surface|below-lib)/)).toEqual([])
    })

    test('every form of use compiles', () => {
      expect(ofFile(/^types-/)).toEqual([])
    })

    test('what may be absent at run time may be undefined', () => {
      expect(ofFile(/^absent-values/)).toEqual([])
    })

    test('the message of a wrong use is at the wrong word, and about it', () => {
      const found = ofFile(/^wrong-uses/)
      expect(found.filter(({ line }) => line < linesBefore)).toEqual([])
      for (const [i, [use, ...texts]] of wrongUses.entries()) {
        const ofUse = found.filter(({ line }) => line === linesBefore + i)
        const said = ofUse.map(({ column, message }) => `${column}: ${message}`).join('\n')
        expect(ofUse.length, `${use}\n${said}`).toBe(1)
        expect(ofUse[0]!.column, `${use}\n${said}`).toBe(use.indexOf('⟨') + 1)
        for (const text of texts) expect(ofUse[0]!.message, use).toContain(text)
        // Labels that are right are no fault, nor are forms that the call does not use.
        expect(ofUse[0]!.message, use).not.toMatch(/'(?:method|status)' does not exist/)
      }
    })

    test.each(others)(
      'every entry has types with moduleResolution %s',
      (resolution) => {
        // The same declarations as above, unless the options say otherwise.
        const forThis = { skipLibCheck: true, ...moduleOptions, ...resolutions[resolution], ...options }
        // TypeScript 7 does not have it.
        const deprecated = resolution === 'node10' && compiler === 'typescript-6.0' ? { ignoreDeprecations: '6.0' } : {}
        expect(compile(compiler, surfaceFor(resolution), {}, { ...forThis, ...deprecated })).toEqual([])
      },
      timeout,
    )
  })
}
