import { describe, expect, test } from 'vitest'
import { isLogger, jsonLine, Log, type LogLevel, logLevels, plainLine, sinkFor } from '../../src/model/logger.js'

describe('a log', () => {
  test.each(logLevels.map((level, i) => [level, logLevels.slice(0, i + 1)] as const))(
    'at %s takes %j',
    (level, taken) => {
      const lines: string[] = []
      const log = new Log((of, message) => lines.push(`${of} ${message}`), level)
      for (const each of logLevels) log[each]('x')
      expect(lines).toEqual(taken.map((each) => `${each} x`))
    },
  )

  test('outlives a logger that throws, or that rejects later', async () => {
    const broken = [
      () => {
        throw new Error('broken')
      },
      async () => {
        throw new Error('broken later')
      },
    ]
    for (const method of broken) {
      const log = new Log(sinkFor({ error: method, warn: method, info: method, debug: method }), 'debug')
      for (const level of logLevels) expect(() => log[level]('x')).not.toThrow()
    }
    // A rejection that nothing caught would end this test run.
    await new Promise((resolve) => setTimeout(resolve, 10))
  })
})

describe('the order of arguments', () => {
  const record = () => {
    const calls: unknown[][] = []
    const method = (...args: unknown[]): void => void calls.push(args)
    return { calls, methods: { error: method, warn: method, info: method, debug: method } }
  }
  const fields = { event: 'x' }

  test('is message, facts for most', () => {
    const { calls, methods } = record()
    sinkFor(methods)('warn', 'text', fields)
    expect(calls).toEqual([['text', fields]])
  })

  test('is facts, message for pino and bunyan', () => {
    for (const feature of ['bindings', 'addStream']) {
      const { calls, methods } = record()
      sinkFor({ ...methods, child: () => {}, [feature]: () => {} } as never)('warn', 'text', fields)
      expect(calls).toEqual([[fields, 'text']])
    }
  })

  test('is the message alone for console', () => {
    const { calls, methods } = record()
    sinkFor({ ...methods, table: () => {}, dir: () => {} } as never)('error', 'text', fields)
    expect(calls).toEqual([['promhive: text']])
  })

  test('a logger without debug gets it as info', () => {
    const lines: string[] = []
    const of = (level: LogLevel) => (message: string) => void lines.push(`${level} ${message}`)
    sinkFor({ error: of('error'), warn: of('warn'), info: of('info') })('debug', 'text', fields)
    expect(lines).toEqual(['info text'])
  })

  test('methods keep their receiver', () => {
    class Own {
      lines: string[] = []
      error(text: string): void {
        this.lines.push(text)
      }
      warn = this.error
      info = this.error
    }
    const own = new Own()
    sinkFor(own)('error', 'text', fields)
    expect(own.lines).toEqual(['text'])
  })
})

test('an object without methods is not a logger', () => {
  for (const value of [undefined, null, 'pino', {}, { error() {}, warn() {} }]) expect(isLogger(value)).toBe(false)
  expect(isLogger(console)).toBe(true)
})

describe('a line', () => {
  test('is plain for people, and names its process at debug', () => {
    expect(plainLine('info', '2 workers', 7)).toBe('promhive: 2 workers\n')
    expect(plainLine('debug', 'seat 1', 7)).toBe('promhive: debug 7: seat 1\n')
  })

  test('stays one line, and reaches a terminal as text', () => {
    expect(plainLine('warn', 'a\nb\r\x1b[31mc\x9bz', 7)).toBe('promhive: a\\nb\\u000d\\u001b[31mc\\u009bz\n')
    expect(plainLine('warn', '\u202egnp.exe', 7)).toBe('promhive: \\u202egnp.exe\n')
  })

  test('is JSON for programs: facts do not replace what every line has', () => {
    const line = jsonLine('warn', 'a\nb', { event: 'x', level: 'mine', workerPid: 9 }, new Date(0), 7)
    expect(line.split('\n')).toHaveLength(2)
    expect(JSON.parse(line)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'warn',
      name: 'promhive',
      pid: 7,
      message: 'a\nb',
      event: 'x',
      workerPid: 9,
    })
  })
})
