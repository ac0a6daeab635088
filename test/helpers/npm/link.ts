import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Makes packages importable from a folder, each by its name and where it is installed. */
export function link(folder: string, packages: Readonly<Record<string, string>>): void {
  for (const [name, target] of Object.entries(packages)) {
    const path = join(folder, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path, 'dir')
  }
}
