import { expect, test } from 'vitest'
import { type ExportedSamples, LeftToApplication } from '../../src/export/contract.js'
import { type ExportContext, IntervalExporter, type IntervalSettings } from '../../src/export/interval-exporter.js'
import { Registry } from '../../src/index.js'
import type { MetricsError } from '../../src/model/errors.js'
import { until } from '../helpers/processes/until.js'

test('never runs two exports at a time, and shares one among concurrent calls', async () => {
  let [running, most, sent] = [0, 0, 0]
  const { exporter } = exporterOf(async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 20))
    running--
    sent++
    return { samples: 1 }
  })
  await Promise.all([exporter.send(), exporter.send(), exporter.send()])
  expect([most, sent]).toEqual([1, 1])
})

test('gives up an export that takes too long, and aborts it', async () => {
  let aborted = false
  const { exporter, errors, results } = exporterOf((signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return new Promise(() => {})
  })
  expect(await exporter.send()).toBe('failed')
  expect(aborted).toBe(true)
  expect(results).toEqual(['failed'])
  expect(errors).toEqual([
    expect.objectContaining({
      code: 'EXPORT_FAILED',
      reason: 'test',
      message: 'test: the metrics could not be sent to nowhere (no answer within 0.2 s)',
    }),
  ])
})

test('begins the next export when one that was given up has ended', async () => {
  let [running, most, calls] = [0, 0, 0]
  const { exporter } = exporterOf(
    async () => {
      most = Math.max(most, ++running)
      // The first one is given up, and works on.
      await new Promise((resolve) => setTimeout(resolve, ++calls === 1 ? 150 : 0))
      running--
      return { samples: 1 }
    },
    {},
    3600,
    { timeout: 0.1 },
  )
  expect(await exporter.send()).toBe('failed')
  await until(
    () => exporter.send(),
    (result) => result === 'ok',
  )
  expect(most).toBe(1)
})

test('stops within the time of one export, and still sends the last numbers, though an export hangs', async () => {
  let calls = 0
  const { exporter, results } = exporterOf(
    async (signal) => {
      if (++calls > 1) return { samples: 1 }
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
    {},
    3600,
    { timeout: 2 },
  )
  await exporter.start()
  await until(
    () => calls,
    (count) => count === 1,
  )
  const before = performance.now()
  await exporter.stop()
  expect(performance.now() - before).toBeLessThan(1_900)
  expect(results).toEqual(['failed', 'ok'])
})

test('stops within the time of one export, though no export ends', async () => {
  let calls = 0
  const hangs = (): Promise<ExportedSamples> => {
    calls++
    return new Promise(() => {})
  }
  const { exporter, results } = exporterOf(hangs, {}, 3600, { timeout: 1 })
  await exporter.start()
  await until(
    () => calls,
    (count) => count === 1,
  )
  const before = performance.now()
  await exporter.stop()
  expect(performance.now() - before).toBeLessThan(1_900)
  expect(results).toEqual(['failed', 'failed'])
})

test('sends nothing more once the application itself sends', async () => {
  const [said, left]: [string[], string[]] = [[], []]
  let sent = 0
  const { exporter, errors, results } = exporterOf(
    async () => {
      sent++
      throw new LeftToApplication('the application sends')
    },
    { lease: { held: () => true, leave: () => void left.push('left') }, onLeft: (text) => said.push(text) },
  )
  expect([await exporter.send(), await exporter.send()]).toEqual(['standby', 'standby'])
  expect([sent, said, left]).toEqual([1, ['test: the application sends'], ['left']])
  expect([errors, results]).toEqual([[], []])
})

test('says once that a destination works again', async () => {
  let fails = true
  const { exporter, recovered, errors } = exporterOf(async () => {
    if (fails) throw new Error('refused')
    return { samples: 1 }
  })
  await exporter.send()
  await exporter.send()
  fails = false
  await exporter.send()
  await exporter.send()
  expect(errors).toHaveLength(2)
  expect(recovered).toEqual(['test: nowhere takes the metrics again'])
})

test('reports what a destination has refused, and counts the rest as sent', async () => {
  const { exporter, errors, results } = exporterOf(async () => ({ samples: 5, dropped: 2, reason: 'too old' }))
  expect(await exporter.send()).toBe('ok')
  expect(results).toEqual(['ok'])
  expect(errors[0]?.message).toBe('test: nowhere has not taken 2 values (too old)')
})

test('the words of a destination are escaped where a terminal would interpret them', async () => {
  const reason = 'bell \x07 \x1b[2J\nforged line'
  const { exporter, errors } = exporterOf(async () => ({ samples: 5, dropped: 2, reason }))
  await exporter.send()
  const shown = '(bell \\u0007 \\u001b[2J\\nforged line)'
  expect(errors[0]?.message).toBe(`test: nowhere has not taken 2 values ${shown}`)
})

test('a destination that has taken nothing has failed', async () => {
  const { exporter, errors, results } = exporterOf(async () => ({ samples: 0, dropped: 2, reason: 'status 404' }))
  expect(await exporter.send()).toBe('failed')
  expect(results).toEqual(['failed'])
  expect(errors[0]?.message).toBe('test: nowhere has not taken 2 values (status 404)')
})

test('waits while another process has the lease, and reports if that is not known', async () => {
  let sent = 0
  const answers = [false, true, new Error('disk full')]
  const lease = {
    held() {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer ?? false
    },
    leave() {},
  }
  const send = async (): Promise<ExportedSamples> => ({ samples: ++sent })
  const { exporter, errors } = exporterOf(send, { lease })
  expect([await exporter.send(), sent]).toEqual(['standby', 0])
  expect([await exporter.send(), sent]).toEqual(['ok', 1])
  expect([await exporter.send(), sent]).toEqual(['standby', 1])
  expect(errors[0]?.message).toBe('test: which process exports is not known (disk full)')
})

test('renews the lease during a long export, and ends the export if the lease is lost', async () => {
  let asked = 0
  const lease = { held: () => ++asked < 4, leave() {} }
  const send = (signal: AbortSignal): Promise<ExportedSamples> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const { exporter, errors } = exporterOf(send, { lease }, 3600, { timeout: 60, renewEvery: 10 })
  expect(await exporter.send()).toBe('failed')
  expect(asked).toBe(4)
  expect(errors[0]?.message).toContain('(another process has begun to send)')
})

test('exports at its interval, a last time when it stops, and then leaves the lease', async () => {
  const times: number[] = []
  const calls: string[] = []
  const lease = { held: () => true, leave: () => void calls.push('leave') }
  const { exporter } = exporterOf(
    async () => {
      times.push(performance.now())
      calls.push('send')
      return { samples: 1 }
    },
    { lease },
    0.05,
  )
  await exporter.start()
  await until(
    () => times.length,
    (count) => count > 4,
  )
  const sent = times.length
  await exporter.stop()
  expect(calls.slice(-2)).toEqual(['send', 'leave'])
  expect(times.length).toBeGreaterThan(sent)
  // On average: single exports are late on a busy machine.
  expect((times[4]! - times[0]!) / 4).toBeGreaterThan(35)
})

test('stops within the time of one export, though the destination never answers', async () => {
  const never = (): Promise<never> => new Promise(() => {})
  const { exporter, results } = exporterOf(
    never,
    { lease: { held: () => true, leave() {} } },
    3600,
    { timeout: 2 },
    never,
  )
  await exporter.start()
  await until(
    () => exporter.running,
    (running) => running,
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  const began = performance.now()
  await exporter.stop()
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(results).toEqual(['failed', 'failed'])
})

function exporterOf(
  send: (signal: AbortSignal) => Promise<ExportedSamples>,
  context: Partial<ExportContext> = {},
  interval = 3600,
  settings: Partial<IntervalSettings> = {},
  close?: () => Promise<void>,
) {
  const [errors, recovered, results] = [[] as MetricsError[], [] as string[], [] as string[]]
  const exporter = new IntervalExporter(
    { place: 'nowhere', send: (_, signal) => send(signal), ...(close && { close }) },
    { exporter: 'test', interval, timeout: 0.2, ...settings },
    {
      gatherer: new Registry(),
      lease: { held: () => true, leave() {} },
      onError: (error) => errors.push(error),
      onRecovered: (text) => recovered.push(text),
      exported: (result) => results.push(result),
      ...context,
    },
  )
  return { exporter, errors, recovered, results }
}
