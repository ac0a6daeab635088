import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { root } from '../helpers/processes/dist.js'

const { repository, homepage, bugs } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
const inRepository = repository.url.replace(/^git\+|\.git$/g, '')

/** What a user gets: the paths of the files in the package. */
let packed: readonly string[]
beforeAll(() => {
  const { stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stdout, stderr).not.toBe('')
  packed = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path)
})

/** The targets of a page's links. */
function linksOf(page: string): string[] {
  const text = readFileSync(`${root}/${page}`, 'utf8').replaceAll(/^```.*?^```$/gms, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
}

describe('a page in the package', () => {
  test('links only to files that are in the package', () => {
    const pages = packed.filter((path) => path.startsWith('docs/'))
    expect(pages.length).toBeGreaterThan(15)
    const missing = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => !/^(?:https?:|#)/.test(link))
        .map((link) => posix.join('docs', link.split('#')[0]!))
        .filter((path) => !packed.includes(path))
        .map((path) => `${page} links to ${path}`),
    )
    expect(missing).toEqual([])
  })

  test('links to headings and files that exist', () => {
    const pages = packed.filter((path) => path.endsWith('.md'))
    const broken = pages.flatMap((page) => new DocumentationPage(page).brokenLinks().map((link) => `${page}: ${link}`))
    expect(broken).toEqual([])
  })

  test('links to the repository where the file is not in the package, and the repository has it', () => {
    const links = packed.filter((path) => path.endsWith('.md')).flatMap(linksOf)
    const [blobs, others] = [`${inRepository}/blob/main/`, `${inRepository}/tree/main/`]
    const paths = links.filter((link) => link.startsWith(blobs) || link.startsWith(others))
    expect(paths.length).toBeGreaterThan(3)
    expect(paths.filter((link) => !existsSync(`${root}/${link.split('/main/')[1]}`))).toEqual([])
  })
})

test("package.json names the project's home page", () => {
  expect(inRepository).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/)
  expect(homepage).toBe(`${inRepository}#readme`)
  expect(bugs.url).toBe(`${inRepository}/issues`)
})
