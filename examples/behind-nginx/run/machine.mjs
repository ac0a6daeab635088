import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRoot } from './requirements.mjs'

const example = fileURLToPath(new URL('..', import.meta.url))
export const checkout = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * A folder that stands for the root of a machine, so that the example leaves the real one alone. The files of the example
 * are written for a real machine; in a copy of theirs, the paths lead into the folder, and the ports are free ones.
 */
export class Machine {
  root = mkdtempSync(join(tmpdir(), 'promhive-behind-nginx-'))
  #replacements

  /** @param ports the port that replaces each port of the files, such as `{ 8040: 8040, 9464: 12345 }` */
  constructor(ports) {
    this.#replacements = new Map([
      ...Object.entries(ports).map(([port, free]) => [`:${port}`, `:${free}`]),
      [`port: 9464`, `port: ${ports[9464]}`],
      ...['/srv/shop', '/run/shop', '/var/log'].map((path) => [path, this.path(path)]),
    ])
    // The workers' user must reach the application.
    chmodSync(this.root, 0o755)
    for (const folder of ['srv', 'run', 'etc', 'var/log', 'var/lib']) mkdirSync(this.path(folder), { recursive: true })
  }

  path(path) {
    return join(this.root, path)
  }

  /** Copies an application of the example to a path of the machine, with promhive and Express as npm would install them. */
  deploy(folder, path) {
    const to = this.path(path)
    cpSync(join(example, folder), to, { recursive: true })
    const modules = join(to, 'node_modules')
    mkdirSync(join(modules, '.bin'), { recursive: true })
    symlinkSync(checkout, join(modules, 'promhive'))
    for (const name of ['express', 'prom-client', 'yaml'])
      symlinkSync(join(checkout, 'node_modules', name), join(modules, name))
    symlinkSync('../promhive/dist/esm/cli/bin.js', join(modules, '.bin', 'promhive'))
  }

  /** Copies a file of the example, with the paths and ports of this machine. */
  configure(file, path, change = (text) => text) {
    let text = change(readFileSync(join(example, file), 'utf8'))
    for (const [original, replacement] of this.#replacements) text = text.replaceAll(original, replacement)
    this.write(path, text)
  }

  write(path, text) {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 })
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Without root, the workers have the user of the supervisor, and no file needs an owner. */
export function withoutPrivileges(text) {
  if (isRoot) return text
  return text.replace(/^(user|group)[:=].*\n/gm, '').replace(' --owner www-data:www-data', '')
}
