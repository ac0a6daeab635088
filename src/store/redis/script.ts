import { createHash } from 'node:crypto'

/** What Redis gives in answer to a script: texts come as bytes. */
export type Reply = number | string | Buffer | null | readonly Reply[]

/** A script, and the digest under which Redis knows it once it has seen it. */
export class Script {
  /** Every script that was made: what a user of Redis needs the rights for. */
  static readonly all: Script[] = []
  readonly digest: string

  constructor(readonly text: string) {
    Script.all.push(this)
    this.digest = createHash('sha1').update(text).digest('hex')
  }
}

/** A way to Redis. */
export interface ScriptConnection {
  /** Runs a script in one round trip. What is asked without waiting in between is done in that order. */
  run(script: Script, keys: readonly string[], args: readonly (string | Uint8Array)[]): Promise<Reply>
  /** Lets go of what was opened; not of a client that is the user's. */
  close(): Promise<void>
}

/** Whether Redis has forgotten a script: it was restarted, or another one has taken over. */
export function isUnknownScript(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('NOSCRIPT')
}

export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply)
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : []
}
