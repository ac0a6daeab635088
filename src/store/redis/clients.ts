import { MetricsError } from '../../model/errors.js'
import { withTimeout } from '../../platform/time-limit.js'
import { monotonicNow } from '../../platform/timers.js'
import { isUnknownScript, type Reply, type Script, type ScriptConnection } from './script.js'

type Words = readonly (string | Uint8Array)[]

/** What both kinds of clients are brought down to: a script by its digest, and by its text. */
interface Evaluating {
  byDigest(digest: string, keys: readonly string[], args: Words): Promise<Reply>
  byText(text: string, keys: readonly string[], args: Words): Promise<Reply>
}

/** The part of `ioredis` (one server, Sentinel or a cluster) that is used. */
interface IoRedisScripts {
  evalshaBuffer(digest: string, count: number, ...words: unknown[]): Promise<Reply>
  callBuffer(command: string, ...words: unknown[]): Promise<Reply>
}

/** The part of `redis`, version 5 or 6 (a client, a cluster or Sentinel), that is used. */
interface NodeRedisScripts {
  withTypeMapping(mapping: object): {
    evalSha(digest: string, options: object): Promise<Reply>
    eval(text: string, options: object): Promise<Reply>
    evalShaRo(digest: string, options: object): Promise<Reply>
    evalRo(text: string, options: object): Promise<Reply>
  }
}

/** Texts come as bytes: RESP's blob strings. */
const bytes = { 36: Buffer }

/**
 * @param reads uses the commands that replicas accept, and that clients of a cluster send to replicas if asked to
 * @returns undefined for what is no client of either library
 */
export function evaluating(client: object, reads = false): Evaluating | undefined {
  if (typeof (client as Partial<IoRedisScripts>).evalshaBuffer === 'function') {
    const io = client as IoRedisScripts
    // In small letters: so the client knows that they only read.
    const [evalsha, evalText] = reads ? ['evalsha_ro', 'eval_ro'] : ['EVALSHA', 'EVAL']
    return {
      byDigest: (digest, keys, args) => io.callBuffer(evalsha, digest, keys.length, ...keys, ...args.map(buffer)),
      byText: (text, keys, args) => io.callBuffer(evalText, text, keys.length, ...keys, ...args.map(buffer)),
    }
  }
  if (typeof (client as Partial<NodeRedisScripts>).withTypeMapping === 'function') {
    const node = (client as NodeRedisScripts).withTypeMapping(bytes)
    const given = (keys: readonly string[], args: Words) => ({ keys: [...keys], arguments: args.map(buffer) })
    return {
      byDigest: (digest, keys, args) => node[reads ? 'evalShaRo' : 'evalSha'](digest, given(keys, args)),
      byText: (text, keys, args) => node[reads ? 'evalRo' : 'eval'](text, given(keys, args)),
    }
  }
  return undefined
}

/**
 * A way to Redis over a client of the user's.
 *
 * The client may queue commands while it is not connected, or while Redis is silent. A time limit ends the waiting for a
 * command, not the command: so one late command of each kind is all that a client may have to send when Redis is back.
 *
 * @param limit milliseconds for each command
 * @param option where the client stands among the options
 * @param reads for scripts that write nothing: replicas accept them
 */
export function overClient(client: object, limit = 4_000, option = 'client', reads = false): ScriptConnection {
  const evaluates = evaluating(client, reads)
  if (evaluates === undefined) {
    const text = `redis: ${option} must be one of the packages redis (5 or 6) or ioredis`
    throw new MetricsError('OPTION_INVALID', text)
  }
  // Another command of its kind waits until a late one is answered, or has failed.
  const lateAfter = Math.min(1_000, limit / 2)
  const unanswered = new Map<string, { readonly since: number; readonly answer: Promise<unknown> }>()
  return {
    async run(script, keys, args) {
      const kind = `${script.digest} ${keys[0]}`
      const end = monotonicNow() + limit
      for (;;) {
        const before = unanswered.get(kind)
        if (before === undefined || monotonicNow() - before.since < lateAfter) break
        await withTimeout(before.answer, Math.max(0, end - monotonicNow())).catch(() => {
          throw new Error('the client still waits for the answer to the command before')
        })
      }
      const answer = runOn(evaluates, script, keys, args)
      const settled = answer.then(
        () => {},
        () => {},
      )
      const entry = { since: monotonicNow(), answer: settled }
      if (!unanswered.has(kind)) unanswered.set(kind, entry)
      void settled.then(() => unanswered.get(kind) === entry && unanswered.delete(kind))
      return withTimeout(answer, limit)
    },
    close: async () => {},
  }
}

/** By its digest; with its text where Redis has not seen it, or has forgotten it. */
export async function runOn(client: Evaluating, script: Script, keys: readonly string[], args: Words): Promise<Reply> {
  try {
    return await client.byDigest(script.digest, keys, args)
  } catch (cause) {
    if (!isUnknownScript(cause)) throw cause
    return client.byText(script.text, keys, args)
  }
}

function buffer(word: string | Uint8Array): string | Buffer {
  return typeof word === 'string' || Buffer.isBuffer(word) ? word : Buffer.from(word)
}
