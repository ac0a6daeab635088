import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const site = fileURLToPath(new URL('.', import.meta.url))
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Lists the pages of the site by their paths in the repository, which they have on the site too. */
export function listPages() {
  const articles = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  return [
    'README.md',
    ...articles.map((name) => `docs/${name}`),
    'bench/README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
  ]
}

/** Links the pages into the folder that VitePress reads: outside of it, pages do not find Vue. */
export function linkPages() {
  const folder = join(site, 'pages')
  const pages = listPages()
  for (const page of pages) {
    const link = join(folder, page)
    mkdirSync(dirname(link), { recursive: true })
    // A build or a server that reads the folder now keeps what it has.
    if (!existsSync(link)) symlinkSync(join(root, page), link)
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.md') && !pages.includes(name)) rmSync(join(folder, name))
  }
}

/**
 * Reads the order of the pages from docs/README.md.
 * @returns {{ title: string, pages: { title: string, file: string, phrase: string }[] }[]} its sections
 */
export function readContents() {
  const sections = readFileSync(join(root, 'docs', 'README.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
  return sections.map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    pages: [...section.matchAll(/^- \[(.+?)\]\(([\w-]+\.md)\): (.+)$/gm)].map(([, title, file, phrase]) => ({
      title,
      file,
      phrase,
    })),
  }))
}
