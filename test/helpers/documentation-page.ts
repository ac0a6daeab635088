import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './processes/dist.js'

export interface Block {
  readonly language: string
  /** The file that the line above names: `<!-- app.mjs -->`. */
  readonly file: string | undefined
  /** Why no test runs it, if the line above says so: `<!-- not run: it needs three hosts -->`. */
  readonly notRun: string | undefined
  readonly text: string
}

/** A page of the documentation, and the examples in it. */
export class DocumentationPage {
  readonly text: string
  readonly blocks: readonly Block[]

  constructor(readonly path: string) {
    this.text = readFileSync(join(root, path), 'utf8')
    // A block may be part of a list, and is then indented.
    const found = this.text.matchAll(/(?:^ *<!-- ([^\n]+) -->\n)?^( *)```(\w*)\n(.*?)^\2```$/gms)
    this.blocks = [...found].map(([, comment, indent, language, text]) => ({
      language: language!,
      file: comment !== undefined && /^\S+$/.test(comment) ? comment : undefined,
      notRun: comment === undefined ? undefined : /^not run: (.+)$/.exec(comment)?.[1],
      text: text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }))
  }

  /** Writes its files into a folder in which `promhive` is installed. Each port that a file names becomes another one. */
  install(folder: string, ports: Readonly<Record<number, number>> = {}): void {
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
    symlinkSync(root, join(folder, 'node_modules', 'promhive'))
    for (const name of ['express', 'ioredis', 'redis', '@types/node']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    }
    for (const { file, text } of this.blocks) {
      if (file === undefined) continue
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), withPorts(text, ports))
    }
  }

  /** The arguments of the command that begins with these words, after its variables, these words included. */
  command(
    beginning: string,
    ports: Readonly<Record<number, number>> = {},
  ): { readonly env: Record<string, string>; readonly args: readonly string[] } {
    const lines = this.blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'))
    const line = lines.find((each) => each.replace(/^(?:\w+=\S+ )*/, '').startsWith(beginning))
    if (line === undefined) throw new Error(`${this.path} shows no command that begins with ${beginning}`)
    const words = withPorts(line, ports).split(' ')
    const first = words.findIndex((word) => !/^\w+=/.test(word))
    const env = words
      .slice(0, first)
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])
    return { env: Object.fromEntries(env), args: words.slice(first) }
  }

  /** Links to other pages and to headings that are not there. */
  brokenLinks(): string[] {
    const links = [...this.text.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link!)
    return links.filter((link) => {
      const [file, heading] = link.split('#')
      const path = file === '' ? join(root, this.path) : join(root, dirname(this.path), file!)
      if (heading === undefined || !existsSync(path)) return !existsSync(path)
      return !headingsOf(readFileSync(path, 'utf8')).includes(heading)
    })
  }
}

function withPorts(text: string, ports: Readonly<Record<number, number>>): string {
  return text.replace(/\b\d{4}\b/g, (port) => String(ports[Number(port)] ?? port))
}

function headingsOf(page: string): string[] {
  const titles = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!)
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
