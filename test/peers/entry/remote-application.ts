import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-5.8'
import { node24 } from '../../helpers/processes/node24.js'
import type { Outcome } from './application.js'
import type { Operation } from './operations.js'

const here = dirname(fileURLToPath(import.meta.url))

/** What became of an operation, and the content type of its registry then. */
export interface Step {
  readonly outcome: Outcome
  readonly contentType: string
}

/** Applications with a client that runs in another process, under Node.js 24. */
export class RemoteApplication {
  private readonly folder = mkdtempSync(join(tmpdir(), 'promhive-remote-application-'))
  private readonly child: ChildProcess
  private readonly ready: Promise<unknown>

  /** @param client the folder of the client */
  constructor(client: string) {
    for (const name of ['application', 'difference-examples', 'prometheus-io-examples']) {
      const { outputText } = ts.transpileModule(readFileSync(join(here, `${name}.ts`), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      })
      writeFileSync(join(this.folder, `${name}.js`), outputText)
    }
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }')
    this.child = fork(join(here, 'answering-client.mjs'), [this.folder, client], {
      execPath: node24,
      execArgv: [],
      // `undefined`, `NaN` and `-0` arrive as they are.
      serialization: 'advanced',
    })
    this.ready = once(this.child, 'message')
  }

  /** Runs a program in a new application. */
  run(operations: readonly Operation[]): Promise<readonly Step[]> {
    return this.ask({ operations })
  }

  /** Shows what the client does in one of the examples. */
  show(example: string): Promise<Outcome> {
    return this.ask({ example })
  }

  private async ask<T>(question: object): Promise<T> {
    await this.ready
    const answer = once(this.child, 'message')
    this.child.send(question)
    const [value] = await answer
    return value
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.kill()
    await ended
    rmSync(this.folder, { recursive: true })
  }
}
