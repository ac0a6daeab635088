import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const installed = `${here}node_modules/.provisioned`

/** Installs VitePress beside the site, once for each lock file: npm ci of the repository stays small. */
export function provision() {
  const lock = readFileSync(`${here}package-lock.json`, 'utf8')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return
  console.log('Installing VitePress into site/node_modules (npm ci), once.')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const argv = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(npm[0], argv, { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) {
    console.error('npm run docs: npm ci in site/ failed')
    process.exit(1)
  }
  writeFileSync(installed, lock)
}
