import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Sender } from '../../../src/export/http/sender.js'
import { WaitingBytes } from '../../../src/export/http/waiting-bytes.js'

/** Writes that each hold the event loop for a millisecond, and the turns in which they came. */
class Writes {
  readonly perTurn = [0]
  private counting = true

  constructor() {
    const turn = (): void => {
      if (this.counting) {
        this.perTurn.push(0)
        setImmediate(turn)
      }
    }
    setImmediate(turn)
  }

  response(done: () => void): ServerResponse {
    const spin = (): void => {
      this.perTurn[this.perTurn.length - 1]!++
      for (const end = performance.now() + 1; performance.now() < end; );
    }
    return Object.assign(new EventEmitter(), {
      socket: { writableLength: 0 },
      cork() {},
      uncork() {},
      write() {
        spin()
        return true
      },
      end() {
        done()
      },
    }) as never
  }

  stop(): void {
    this.counting = false
  }
}

test('two hundred answers that come at once are written in many turns of the event loop', async () => {
  const sender = new Sender({ sendTimeout: 60_000, maxWaitingBytes: 1e9 }, () => {})
  const writes = new Writes()
  const chunks = [Buffer.alloc(1000), Buffer.alloc(1000)]
  let left = 200
  await new Promise<void>((resolve) => {
    const done = (): void => void (--left === 0 && resolve())
    for (let i = 0; i < 200; i++) sender.send(writes.response(done), chunks)
  })
  writes.stop()
  expect(writes.perTurn.reduce((sum, count) => sum + count, 0)).toBe(400)
  // A slice of a millisecond and a half has room for two pieces of two writes.
  expect(Math.max(...writes.perTurn)).toBeLessThanOrEqual(6)
})

test('answers take turns: a short one does not wait for a long one', async () => {
  const sender = new Sender({ sendTimeout: 60_000, maxWaitingBytes: 1e9 }, () => {})
  const writes = new Writes()
  const ended: string[] = []
  await new Promise<void>((resolve) => {
    const long = Array.from({ length: 30 }, () => Buffer.alloc(256 * 1024))
    sender.send(
      writes.response(() => void (ended.push('long') && resolve())),
      long,
    )
    sender.send(
      writes.response(() => void ended.push('short')),
      [Buffer.alloc(10)],
    )
  })
  writes.stop()
  expect(ended).toEqual(['short', 'long'])
})

test('the bytes of an answer that several clients share count once, until the last of them has released it', () => {
  const waiting = new WaitingBytes()
  const [one, two] = [[Buffer.alloc(10), Buffer.alloc(5)], [Buffer.alloc(7)]]
  for (const answer of [one, two, one]) waiting.retain(answer)
  expect(waiting.total).toBe(22)
  waiting.release(one)
  expect(waiting.total).toBe(22)
  waiting.release(one)
  expect(waiting.total).toBe(7)
  waiting.release(two)
  waiting.release(two)
  expect(waiting.total).toBe(0)
})
