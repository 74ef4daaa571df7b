/** The page of `npm run bench:report`: saved results as plots with their tables, in one file that needs no other. */
import { geometricMean, showMemory, showRatio, showTime } from '../harness/figures.ts'
import {
  baseOf,
  groups,
  type Medians,
  type MicroRow,
  mediansOf,
  type Results,
  type Row,
  type SlopeRow,
} from '../harness/results.ts'
import { type Axis, bars, dots, htmlOf, lines, type Paint, type PlotRow } from './plot.ts'

const STYLE = `
:root { color-scheme: light dark; --paper: #fcfcfa; --ink: #1c1c1a; --soft: #5c5c57; --line: #e2e1db; --rule: #8a8982;
  --c0: #2468c9; --c1: #d9541e; --c2: #128a5e; --c3: #8a5cd6; --c4: #b07a00; --c5: #c2387f; }
@media (prefers-color-scheme: dark) { :root { --paper: #181817; --ink: #efeeea; --soft: #a9a8a1; --line: #33332f; --rule: #8f8e86;
  --c0: #6aa5f2; --c1: #f08350; --c2: #3fbf8e; --c3: #b394f0; --c4: #d9a834; --c5: #ef7fb4; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; margin: 0 0 .3rem } h2 { font-size: 1.25rem; margin: 3rem 0 .4rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.05rem; margin: 2rem 0 .2rem } p { max-width: 46rem; margin: .3rem 0 .8rem } .soft { color: var(--soft) }
figure { margin: 0 } svg { display: block; width: 100%; height: auto; font: 12.5px system-ui, sans-serif } svg text { fill: var(--ink) }
svg .label, svg .value, svg .tick, svg .axis { fill: var(--soft) } svg .label { text-anchor: end } svg .tick, svg .axis { text-anchor: middle }
svg .label, svg .end { fill: var(--ink) } svg .corner { fill: var(--soft) }
svg .grid { stroke: var(--line) } svg .row { stroke: var(--line); stroke-dasharray: 1 5 } svg .rule { stroke: var(--rule); stroke-width: 1.5 }
svg .join { stroke: var(--rule); stroke-width: 3; opacity: .55 } svg .guide { stroke: var(--rule); stroke-width: 1.5; stroke-dasharray: 5 5 }
svg .curve { fill: none; stroke-width: 2.2 } svg circle { stroke: var(--paper); stroke-width: 1.5 }
${[0, 1, 2, 3, 4, 5].map((i) => `.c${i} { fill: var(--c${i}) } .sc${i}, svg circle.c${i}.hollow, svg circle.c${i}.half { stroke: var(--c${i}) }`).join(' ')}
svg circle.hollow { fill: var(--paper); stroke-width: 2.5 } svg circle.half { fill-opacity: .35; stroke-width: 2.5 } svg .curve.hollow { stroke-dasharray: 2 4 }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .86rem; margin: .6rem 0 1rem; font-variant-numeric: tabular-nums }
th, td { padding: .22rem .9rem .22rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child, th.text, td.text { text-align: left } thead th { color: var(--soft); font-weight: 500 } tbody th { font-weight: 400 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; font-size: .92rem } dt { color: var(--soft) } dd { margin: 0 }
`

/** A cell of text rather than figures. */
const words = (text: string): { words: string } => ({ words: text })
type Cell = string | { words: string }

function tableOf(caption: string, head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const cell = (tag: string, content: Cell, attributes = ''): string =>
    typeof content === 'string'
      ? `<${tag}${attributes}>${htmlOf(content)}</${tag}>`
      : `<${tag}${attributes} class="text">${htmlOf(content.words)}</${tag}>`
  const body = rows.map(
    ([first, ...rest]) =>
      `<tr>${cell('th', first, ' scope="row"')}${rest.map((content) => cell('td', content)).join('')}</tr>`,
  )
  const titles = head.map((title) => cell('th', title, ' scope="col"')).join('')
  return `<div class="wide"><table aria-label="${htmlOf(caption)}"><thead><tr>${titles}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

function figure(title: string, says: string, plot: string, table: string): string {
  return `<h3>${htmlOf(title)}</h3><p class="soft">${htmlOf(says)}</p><figure>${plot}</figure>${table}`
}

/** `firnix/24 warm`: what has a colour of its own. */
const seriesOf = (row: Row): string =>
  row.state === undefined ? row.contestant : `${row.contestant} ${row.state}`
const distinct = (texts: readonly string[]): string[] => [...new Set(texts)]

/** A contestant has one colour on the whole page; where it is cold, its marks are hollow, where shared, half filled. */
function painter(results: Results): Paint {
  const names = results.contestants.map(({ name }) => name)
  return (series) => {
    const [, name, state] = /^(.*?)(?: (cold|shared|warm))?$/.exec(series) as RegExpExecArray
    const fill = state === 'cold' ? ' hollow' : state === 'shared' ? ' half' : ''
    return `c${Math.max(names.indexOf(name), 0) % 6}${fill}`
  }
}

type Pick = (medians: Medians) => number

/** Rows of a plot: a group each, with the marks of those that have the figure. */
function plotRows(
  rows: readonly Row[],
  value: (row: Row, group: readonly Row[]) => number,
  show: (n: number) => string,
): PlotRow[] {
  return groups(rows)
    .map((group) => ({
      label: group.title,
      marks: group.rows
        .map((row) => ({ series: seriesOf(row), value: value(row, group.rows), row }))
        .filter((mark) => Number.isFinite(mark.value) && mark.value > 0)
        .map((mark) => ({ series: mark.series, value: mark.value, shown: show(mark.value) })),
    }))
    .filter((row) => row.marks.length > 0)
}

/** A table of one figure: a line for each group, a column for each series. */
function figureTable(
  caption: string,
  rows: readonly PlotRow[],
  series: readonly string[],
  runs: string,
): string {
  const lines = rows.map((row) => [
    row.label,
    ...series.map((name) => row.marks.find((mark) => mark.series === name)?.shown ?? '-'),
  ])
  return `${tableOf(caption, ['', ...series], lines)}<p class="soft">${htmlOf(runs)}</p>`
}

const SECONDS: Axis = { title: 'seconds', unit: 1 }
const MEGABYTES: Axis = { title: 'megabytes', unit: 1e6 }

/** `Medians of 5 runs.` */
function runsOf(rows: readonly Row[]): string {
  const counts = distinct(rows.map((row) => String(row.runs.length)))
  if (counts.join() === '1') return 'One run of each: no more than a first impression.'
  return `Medians of ${counts.join(' or ')} runs, which alternate.`
}

/** Times, ratios and memory of whole processes. */
function processes(rows: readonly Row[], paint: Paint, tree: boolean): string {
  const series = distinct(rows.map(seriesOf))
  const runs = runsOf(rows)
  // Cold and warm are joined, contestant by contestant.
  const joined = distinct(rows.map((row) => row.contestant)).map((name): [string, string] => [
    `${name} cold`,
    `${name} warm`,
  ])
  const plot = (description: string, of: PlotRow[], axis: Axis): string =>
    tree
      ? dots({ description, rows: of, series, paint, axis, joined })
      : bars({ description, rows: of, series, paint, axis })
  const logarithmic = tree ? ', logarithmic' : ''
  const parts: string[] = []
  const add = (title: string, says: string, pick: Pick, show: (n: number) => string, axis: Axis): void => {
    const of = plotRows(rows, (row) => pick(mediansOf(row)), show)
    if (of.length === 0) return
    const described = `${title}: ${of.length} rows, one mark for each of ${series.join(', ')}.`
    parts.push(
      figure(
        title,
        says,
        plot(described, of, { ...axis, title: `${axis.title}${logarithmic}` }),
        figureTable(title, of, series, runs),
      ),
    )
  }
  const shared = rows.some((row) => row.state === 'shared')
    ? ' Half filled: the cache holds what another package has left there.'
    : ''
  const warm = tree
    ? ` A bar joins cold (hollow: the compile cache is empty) and warm (it is filled).${shared}`
    : ''
  add(
    'Time',
    `Wall time from start to end of the process; less is better.${warm}`,
    (m) => m.wall,
    showTime,
    SECONDS,
  )
  const base = rows.find((row) => !row.contestant.startsWith('firnix'))?.contestant
  if (base !== undefined) {
    const others = rows.filter((row) => row.contestant !== base)
    const names = distinct(others.map(seriesOf))
    const all = (pick: Pick): PlotRow[] =>
      plotRows(
        rows,
        (row, group) => pick(mediansOf(row)) / pick(mediansOf(baseOf(group, row))),
        showRatio,
      ).map((row) => ({ ...row, marks: row.marks.filter((mark) => names.includes(mark.series)) }))
    const of = all((m) => m.wall)
    const means = names.map((name) => {
      const ratios = of.flatMap((row) => row.marks.filter((mark) => mark.series === name))
      return `${name} ${showRatio(geometricMean(ratios.map((mark) => mark.value)))}`
    })
    const plotted = dots({
      description: `Ratio of wall times to those of ${base}.`,
      rows: of,
      series: names,
      paint,
      axis: { title: `times the wall time of ${base}, logarithmic`, unit: 1 },
      rules: [{ value: 1, label: base }],
      joined,
    })
    parts.push(
      figure(
        'Ratio',
        `Wall time over that of ${base}: left of the line is faster. Geometric means: ${means.join(', ')}.`,
        plotted,
        figureTable('Ratio', of, names, runs),
      ),
    )
  }
  add(
    'Peak memory',
    'The most a process held at once; less is better.',
    (m) => m.memory,
    showMemory,
    MEGABYTES,
  )
  return parts.join('')
}

/** Curves over the number of packages. */
function growth(rows: readonly Row[], paint: Paint): string {
  const series = distinct(rows.map(seriesOf))
  const sizes = distinct(rows.map((row) => String(row.size))).map(Number)
  if (sizes.length < 2) return ''
  const parts: string[] = []
  const add = (title: string, pick: Pick, show: (n: number) => string, axis: Axis): void => {
    const curves = series
      .map((name) => ({
        series: name,
        points: rows
          .filter((row) => seriesOf(row) === name)
          .map((row) => ({ x: row.size as number, y: pick(mediansOf(row)) }))
          .filter((point) => Number.isFinite(point.y))
          .map((point) => ({ ...point, shown: show(point.y) })),
      }))
      .filter((curve) => curve.points.length > 0)
    if (curves.length === 0) return
    const plot = lines({
      description: `${title} of evaluating the whole tree with ${sizes.join(', ')} packages.`,
      curves,
      paint,
      x: { title: 'packages in the tree, logarithmic', unit: 1 },
      y: { ...axis, title: `${axis.title}, logarithmic` },
    })
    const table = tableOf(
      title,
      ['packages', ...series],
      sizes.map((size) => [
        String(size),
        ...series.map((name) => {
          const point = curves.find((curve) => curve.series === name)?.points.find(({ x }) => x === size)
          return point?.shown ?? '-'
        }),
      ]),
    )
    const says = 'Every package of the grown tree. What grows in proportion is parallel to the dashed line.'
    parts.push(figure(title, says, plot, `${table}<p class="soft">${runsOf(rows)}</p>`))
  }
  add('Time over the size of the tree', (m) => m.wall, showTime, SECONDS)
  add('Memory over the size of the tree', (m) => m.memory, showMemory, MEGABYTES)
  return parts.join('')
}

function showExponent(k: number | null): string {
  return k === null || !Number.isFinite(k) ? '-' : k.toFixed(2)
}

function slopes(rows: readonly SlopeRow[]): string {
  const limit = rows[0].limit
  const series = ['time', 'memory']
  const of = rows.map((row) => ({
    label: row.name,
    marks: [
      { series: 'time', value: row.time, shown: row.time.toFixed(2) },
      ...(row.memory === null ? [] : [{ series: 'memory', value: row.memory, shown: row.memory.toFixed(2) }]),
    ].filter((mark) => Number.isFinite(mark.value)),
  }))
  const plot = dots(
    {
      description: 'Exponents of cpu time and memory over size.',
      rows: of,
      series,
      paint: (name) => (name === 'time' ? 'c0' : 'c1 hollow'),
      axis: { title: 'exponent', unit: 1 },
      rules: [
        { value: 1, label: 'linear' },
        { value: limit, label: 'too steep' },
      ],
    },
    true,
  )
  const table = tableOf(
    'Exponents',
    ['', 'sizes', 'cpu time at the last', 'exponent of time', 'of memory'],
    rows.map((row) => [
      row.name,
      `${row.points[0]?.[0] ?? '-'} to ${row.points.at(-1)?.[0] ?? '-'}`,
      showTime(row.points.at(-1)?.[1] ?? Number.NaN),
      showExponent(row.time),
      showExponent(row.memory),
    ]),
  )
  const says =
    'k in cost = c · size^k over the last four doublings, start-up taken off: 1 is linear, 2 quadratic. Below 1: what is paid once still weighs.'
  return figure('Exponents', says, plot, table)
}

function micro(rows: readonly MicroRow[]): string {
  const series = ['median']
  const of = rows.map((row) => ({
    label: `${row.part}: ${row.name}`,
    marks: [{ series: 'median', value: row.time, shown: `${showTime(row.time)} / ${row.unit}` }],
  }))
  const plot = dots({
    description: 'Median time of each micro-benchmark for one unit of its work.',
    rows: of,
    series,
    paint: () => 'c0',
    axis: { title: 'microseconds for one unit, logarithmic', unit: 1e-6 },
  })
  const table = tableOf(
    'Micro-benchmarks',
    ['part', words('what'), 'median', words('for one'), 'samples'],
    rows.map((row) => [row.part, words(row.name), showTime(row.time), words(row.unit), String(row.runs)]),
  )
  return figure('Parts of Firnix', 'Inside one process, warmed up; each result is checked.', plot, table)
}

/** When, of which revision, on what machine: all that there are, as parts may have been measured one by one. */
function circumstances(sources: readonly Results[]): [string, string][] {
  const all = (of: (source: Results) => string): string => distinct(sources.map(of)).sort().join(', ')
  const span = (from: string, to: string): string => (from === to ? from : `${from} to ${to}`)
  const dates = sources.map(({ date }) => date.slice(0, 16).replace('T', ' ')).sort()
  const loads = sources.map(({ machine }) => machine.load)
  const load = span(Math.min(...loads).toFixed(1), Math.max(...loads).toFixed(1))
  const machines = all(
    ({ machine: m }) => `${m.cpu}, ${m.cores} cores, ${Math.round(m.memory / 2 ** 30)} GiB, ${m.system}`,
  )
  return [
    ['Measured', `${span(dates[0], dates[dates.length - 1])} UTC`],
    ['Firnix', `revision ${all(({ revision }) => revision)}`],
    ['Machine', `${machines}; load ${load} at the start`],
  ]
}

/** The page; `sources`: what the results were put together from. */
export function page(results: Results, sources: readonly Results[] = [results]): string {
  const paint = painter(results)
  const part = (name: Row['part']): Row[] => results.rows.filter((row) => row.part === name)
  const sections: string[] = []
  const section = (title: string, body: string): void => {
    if (body !== '') sections.push(`<section><h2>${htmlOf(title)}</h2>${body}</section>`)
  }
  if (part('tree').length > 0) section('Package trees', processes(part('tree'), paint, true))
  if (part('programs').length > 0) section('Programs', processes(part('programs'), paint, false))
  if (part('long').length > 0) section('Long programs', processes(part('long'), paint, false))
  const grown = growth(part('growth'), paint) + (results.slopes.length > 0 ? slopes(results.slopes) : '')
  section('Growth', grown)
  if (results.micro.length > 0) section('Micro-benchmarks', micro(results.micro))
  if (sections.length === 0) sections.push('<p>Nothing has been measured yet.</p>')
  const [measured, revision, machine] = circumstances(sources)
  const facts: [string, string][] = [
    measured,
    revision,
    ...results.contestants.map(({ name, version }): [string, string] => [name, version]),
    machine,
  ]
  const list = facts.map(([name, value]) => `<dt>${htmlOf(name)}</dt><dd>${htmlOf(value)}</dd>`).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Firnix: benches</title>
<style>${STYLE}</style>
</head>
<body>
<h1>What Firnix costs</h1>
<p>Whole-process runs of different evaluators take turns, so that what else the machine does falls on all alike. Trust ratios
more than times, and those above 1.2 or below 0.8 only, unless the machine was quiet.</p>
<dl>${list}</dl>
${sections.join('\n')}
</body>
</html>
`
}
