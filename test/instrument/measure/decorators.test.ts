import 'reflect-metadata'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { measure, Registry } from '../../../src/index.js'
import { provideDist, root } from '../../helpers/processes/dist.js'

const run = promisify(execFile)

/** The same class, compiled both ways, in a program that calls its methods and prints the counts. */
const program = `
import { Mailer, registry, sum, times } from './decorators.js'
const mailer = new Mailer('relay')
const said = [await mailer.send('ada'), await mailer.send('bob', 10).catch(({ name }) => name), Mailer.parse('a,b').length]
said.push(sum(1, 2), times(2, 3), mailer.send.name, mailer.send.length)
const lines = (await registry.metrics()).split('\\n').filter((line) => /^(mail|parse|sum|times)_(total|in_progress|errors_total|duration_seconds_count)/.test(line))
console.log(JSON.stringify({ said, lines: lines.sort() }))
`

describe('measure as a decorator', () => {
  test('of a field measures the function that the field begins with', async () => {
    const registry = new Registry({ scope: 'process' })
    const decorate = measure({ name: 'job', registers: [registry] })
    const initialize = decorate(undefined, { kind: 'field', name: 'run' } as ClassFieldDecoratorContext<
      unknown,
      (a: number) => number
    >)
    expect(initialize.call(undefined, (a: number) => a + 1)(1)).toBe(2)
    expect(await registry.metrics()).toContain('\njob_total 1\n')
  })

  test('keeps the metadata that other decorators put on a method', () => {
    const handler = (): void => {}
    Reflect.defineMetadata('path', 'users/:id', handler)
    const method = { value: handler }
    measure({ name: 'job', registers: [] })({}, 'handler', method)
    expect(method.value).not.toBe(handler)
    expect(Reflect.getMetadata('path', method.value)).toBe('users/:id')
  })

  test.each([
    ['a getter', [() => 1, { kind: 'getter' }], 'measure: a getter cannot be measured'],
    ['a class', [class Mailer {}, { kind: 'class' }], 'measure: a class cannot be measured'],
    ['a class, experimental', [class Mailer {}], 'measure: the class Mailer cannot be measured'],
    ['a field that is not a function, experimental', [{}, 'host', undefined], 'measure: the property host cannot be'],
  ])('refuses %s', (_, target, text) => {
    const decorate = measure({ name: 'job', registers: [] }) as (...target: unknown[]) => unknown
    expect(() => decorate(...target)).toThrow(text)
  })

  test.each([
    ['standard', false],
    ['experimental', true],
  ])('of the %s form counts methods, static ones and private state included', async (_, experimentalDecorators) => {
    provideDist()
    const folder = mkdtempSync(join(tmpdir(), 'promhive-decorators-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'promhive'))
    copyFileSync(join(root, 'test/types/decorators.ts'), join(folder, 'decorators.ts'))
    writeFileSync(join(folder, 'run.js'), program)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: true,
      types: [],
      experimentalDecorators,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['decorators.ts'] }))
    // Rejects where the compiler finds an error, or one that is expected is none.
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
    const { stdout } = await run(process.execPath, [join(folder, 'run.js')])
    expect(JSON.parse(stdout)).toEqual({
      said: ['ada by relay', 'RangeError', 2, 3, 6, 'send', 1],
      lines: [
        'mail_duration_seconds_count{to="ada"} 1',
        'mail_duration_seconds_count{to="bob"} 1',
        'mail_errors_total{error_type="RangeError",to="bob"} 1',
        'mail_in_progress{to="ada"} 0',
        'mail_in_progress{to="bob"} 0',
        'mail_total{to="ada"} 1',
        'mail_total{to="bob"} 1',
        'parse_duration_seconds_count 1',
        'parse_in_progress 0',
        'parse_total 1',
        'sum_duration_seconds_count 1',
        'sum_in_progress 0',
        'sum_total 1',
        'times_duration_seconds_count 1',
        'times_in_progress 0',
        'times_total 1',
      ],
    })
  })
})
