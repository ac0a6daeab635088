import { MetricsError } from '../../model/errors.js'
import { withTimeout } from '../../platform/time-limit.js'
import { monotonicNow } from '../../platform/timers.js'
import { isUnknownScript, type Reply, type Script, type ScriptConnection } from './script.js'

type Words = readonly (string | Uint8Array)[]

/** The common interface of both kinds of clients: run a script by its digest, or by its text. */
interface Evaluating {
  byDigest(digest: string, keys: readonly string[], args: Words): Promise<Reply>
  byText(text: string, keys: readonly string[], args: Words): Promise<Reply>
}

/** The methods of `ioredis` (one server, Sentinel or a cluster) that promhive uses. */
interface IoRedisScripts {
  evalshaBuffer(digest: string, count: number, ...words: unknown[]): Promise<Reply>
  callBuffer(command: string, ...words: unknown[]): Promise<Reply>
}

/** The methods of `redis`, version 5 or 6 (a client, a cluster or Sentinel), that promhive uses. */
interface NodeRedisScripts {
  withTypeMapping(mapping: object): {
    evalSha(digest: string, options: object): Promise<Reply>
    eval(text: string, options: object): Promise<Reply>
    evalShaRo(digest: string, options: object): Promise<Reply>
    evalRo(text: string, options: object): Promise<Reply>
  }
}

/** Texts are returned as bytes: RESP's blob strings. */
const bytes = { 36: Buffer }

/**
 * @param reads uses the commands that replicas accept, and that clients of a cluster send to replicas if configured so
 * @returns undefined if it is not a client of either library
 */
export function evaluating(client: object, reads = false): Evaluating | undefined {
  if (typeof (client as Partial<IoRedisScripts>).evalshaBuffer === 'function') {
    const io = client as IoRedisScripts
    // In lower case: the client recognises these as commands that only read.
    const [evalsha, evalText] = reads ? ['evalsha_ro', 'eval_ro'] : ['EVALSHA', 'EVAL']
    return {
      byDigest: (digest, keys, args) => io.callBuffer(evalsha, digest, keys.length, ...keys, ...args.map(buffer)),
      byText: (text, keys, args) => io.callBuffer(evalText, text, keys.length, ...keys, ...args.map(buffer)),
    }
  }
  if (typeof (client as Partial<NodeRedisScripts>).withTypeMapping === 'function') {
    const node = (client as NodeRedisScripts).withTypeMapping(bytes)
    const scriptOptions = (keys: readonly string[], args: Words) => ({ keys: [...keys], arguments: args.map(buffer) })
    return {
      byDigest: (digest, keys, args) => node[reads ? 'evalShaRo' : 'evalSha'](digest, scriptOptions(keys, args)),
      byText: (text, keys, args) => node[reads ? 'evalRo' : 'eval'](text, scriptOptions(keys, args)),
    }
  }
  return undefined
}

/**
 * Runs scripts over a client of the application.
 *
 * The client may queue commands while it is not connected, or while Redis does not answer. A timeout does not cancel a
 * command. Therefore at most one late command of each kind is left for the client to send when Redis is back.
 *
 * @param limit milliseconds for each command
 * @param option the name of the option that has the client
 * @param reads whether the scripts only read, so that replicas accept them
 */
export function overClient(client: object, limit = 4_000, option = 'client', reads = false): ScriptConnection {
  const evaluates = evaluating(client, reads)
  if (evaluates === undefined) {
    const text = `redis: ${option} must be one of the packages redis (5 or 6) or ioredis`
    throw new MetricsError('OPTION_INVALID', text)
  }
  // A command waits while a late one of the same kind has neither an answer nor an error.
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

/** Runs a script by its digest; with its text if Redis does not know it, or has forgotten it. */
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
