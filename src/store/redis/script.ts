import { createHash } from 'node:crypto'

/** The answer to a script; texts are bytes. */
export type Reply = number | string | Buffer | null | readonly Reply[]

/** A script, and the digest under which Redis stores it. */
export class Script {
  /** Every script: a Redis user needs the permissions for all of them. */
  static readonly all: Script[] = []
  readonly digest: string

  constructor(readonly text: string) {
    Script.all.push(this)
    this.digest = createHash('sha1').update(text).digest('hex')
  }
}

/** A connection that runs scripts. */
export interface ScriptConnection {
  /** Runs a script in one round trip. Calls without waiting in between are carried out in order. */
  run(script: Script, keys: readonly string[], args: readonly (string | Uint8Array)[]): Promise<Reply>
  /** Closes what was opened, but not a client of the application. */
  close(): Promise<void>
}

/** Whether Redis does not know a script, for example after a restart or a failover. */
export function isUnknownScript(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('NOSCRIPT')
}

export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply)
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : []
}
