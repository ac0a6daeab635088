import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { binOf, installPackage } from './compilers.js'
import type { Editor } from './editor.js'

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** Opens the language server of TypeScript 7, which speaks the protocol of editors. */
export async function openLanguageServer(program: string): Promise<Editor> {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-editor-'))
  installPackage(folder)
  const compilerOptions = { strict: true, target: 'es2022', module: 'nodenext', types: ['node'], noEmit: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  writeFileSync(join(folder, 'program.ts'), program)
  const uri = pathToFileURL(join(folder, 'program.ts')).href
  const server = new Server(spawn(process.execPath, [binOf('typescript'), '--lsp', '--stdio'], { cwd: folder }))
  const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] } } }
  await server.ask('initialize', { processId: process.pid, rootUri: pathToFileURL(folder).href, capabilities })
  server.send({ method: 'initialized', params: {} })
  const textDocument = { uri, languageId: 'typescript', version: 1, text: program }
  server.send({ method: 'textDocument/didOpen', params: { textDocument } })
  let version = 1
  return {
    async at(line) {
      const text = `${program}${line.replace('|', '')}\n`
      const changed = { textDocument: { uri, version: ++version }, contentChanges: [{ text }] }
      server.send({ method: 'textDocument/didChange', params: changed })
      const position = { line: program.split('\n').length - 1, character: line.indexOf('|') }
      const where = { textDocument: { uri }, position }
      const completions = (await server.ask('textDocument/completion', where)) as Completions
      const hover = (await server.ask('textDocument/hover', where)) as Hover
      const items = completions?.items ?? []
      const contents = hover?.contents
      return {
        completions: items.map(({ label }) => label.replace(/\?$/, '')),
        hover: typeof contents === 'string' ? contents : (contents?.value ?? ''),
      }
    },
    async close() {
      await server.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Completions = { readonly items: readonly Item[] } | null
interface Item {
  readonly label: string
}
type Hover = { readonly contents: string | { readonly value: string } } | null

/** A process that answers requests on its standard output. */
class Server {
  private readonly waiting = new Map<number, (answer: Answer) => void>()
  private asked = 0
  private received = Buffer.alloc(0)

  constructor(private readonly child: ChildProcess) {
    child.stdout!.on('data', (part: Buffer) => {
      this.received = Buffer.concat([this.received, part])
      this.read()
    })
  }

  send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.child.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  async ask(method: string, params: object): Promise<unknown> {
    const id = ++this.asked
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve))
    this.send({ id, method, params })
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  async end(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }

  private read(): void {
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/.exec(this.received.toString('latin1', 0, end))![1])
      if (this.received.length < end + 4 + length) return
      const answer = JSON.parse(this.received.toString('utf8', end + 4, end + 4 + length)) as Answer
      this.received = this.received.subarray(end + 4 + length)
      // What the server itself asks, such as for a configuration, has no answer.
      if (answer.id !== undefined && answer.method !== undefined) this.send({ id: answer.id, result: null })
      else if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer)
    }
  }
}
