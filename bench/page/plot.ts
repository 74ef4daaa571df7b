/**
 * Plots as SVG text: bars, dots on a logarithmic axis, lines over a size. Colours are CSS variables of the page, so that a
 * plot follows its light or dark scheme. Every mark has a `title`, which browsers show and screen readers say.
 */
import { digits } from '../harness/figures.ts'

const WIDTH = 860
const RIGHT = 84
const TOP = 34

/** What a mark stands for; series are drawn in the order of `series`. */
export interface Mark {
  series: string
  value: number
  /** The value in words, for readers. */
  shown: string
}

export interface PlotRow {
  label: string
  marks: Mark[]
}

export interface Axis {
  /** What is measured, with its unit. */
  title: string
  /** The unit's size: a tick of 2 units is at 2 * unit. */
  unit: number
}

/** The classes of a series: `c0` to `c5`, with `hollow` or `half` for one that shares a colour with another. */
export type Paint = (series: string) => string

export interface PlotOptions {
  /** For those who do not see the plot. */
  description: string
  rows: readonly PlotRow[]
  series: readonly string[]
  paint: Paint
  axis: Axis
  /** Lines across the plot, with what they say. */
  rules?: readonly { value: number; label: string }[]
  /** Which series belong together: a line joins their dots in each row. */
  joined?: readonly (readonly [string, string])[]
}

export function htmlOf(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}

let ids = 0

/** An SVG element that says what it shows. */
function svg(height: number, description: string, body: string): string {
  const id = `d${ids++}`
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}"><title id="${id}">${htmlOf(description)}</title>${body}</svg>`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${htmlOf(content)}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`
}

/** Where the axis begins: right of the longest label. */
function leftOf(rows: readonly PlotRow[]): number {
  return 26 + Math.max(12, ...rows.map((row) => row.label.length)) * 6.9
}

/** Names beside their colours, in one or more lines; answers the height it takes. */
function legend(
  series: readonly string[],
  paint: Paint,
  left: number,
  mark: 'bar' | 'dot',
): { body: string; height: number } {
  if (series.length < 2) return { body: '', height: 0 }
  let x = left
  let y = 14
  let body = ''
  for (const name of series) {
    const width = 26 + name.length * 7.2
    if (x + width > WIDTH) {
      x = left
      y += 20
    }
    const kind = paint(name)
    body +=
      mark === 'bar'
        ? `<rect x="${x}" y="${y - 9}" width="11" height="11" rx="2" class="${kind}"/>`
        : `<circle cx="${x + 5}" cy="${y - 4}" r="5" class="${kind}"/>`
    body += text(x + 17, y, name)
    x += width
  }
  return { body, height: y + 8 }
}

/** About `wanted` round numbers from 0 to at least `max`. */
export function linearTicks(max: number, wanted = 6): number[] {
  const rough = max / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) as number
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) => i * step)
}

/** Round numbers around what lies between `min` and `max`, for a logarithmic axis. */
export function logTicks(min: number, max: number): number[] {
  const steps = max / min > 1000 ? [1] : max / min > 30 ? [1, 3] : [1, 2, 5]
  const all: number[] = []
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)); power++)
    for (const step of steps) all.push(step * 10 ** power)
  const first = all.findLastIndex((tick) => tick <= min)
  const last = all.findIndex((tick) => tick >= max)
  return all.slice(Math.max(first, 0), last < 0 ? undefined : last + 1)
}

function showTick(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)))
}

/** Horizontal bars from zero, those of a row below each other. */
export function bars(options: PlotOptions): string {
  const { rows, series, paint, axis } = options
  const [thick, gap] = [13, 14]
  const left = leftOf(rows)
  const top = legend(series, paint, left, 'bar')
  const max = Math.max(...rows.flatMap((row) => row.marks.map((mark) => mark.value))) / axis.unit
  const ticks = linearTicks(max)
  const scale = (value: number): number =>
    left + ((WIDTH - left - RIGHT) * value) / axis.unit / (ticks.at(-1) as number)
  let y = TOP + top.height
  const start = y
  let body = ''
  for (const row of rows) {
    const height = row.marks.length * (thick + 2)
    body += text(left - 10, y + height / 2 + 4, row.label, 'class="label"')
    for (const mark of row.marks) {
      const end = scale(mark.value)
      const tip = `<title>${htmlOf(`${row.label}, ${mark.series}: ${mark.shown}`)}</title>`
      body += `<rect x="${left}" y="${y}" width="${Math.max(end - left, 1).toFixed(1)}" height="${thick}" rx="2" class="${paint(mark.series)}">${tip}</rect>`
      body += text(end + 6, y + thick - 3, mark.shown, 'class="value"')
      y += thick + 2
    }
    y += gap
  }
  const grid = ticks.map(
    (tick) =>
      line(scale(tick * axis.unit), start - 6, scale(tick * axis.unit), y - gap + 6, 'grid') +
      text(scale(tick * axis.unit), y + 10, showTick(tick), 'class="tick"'),
  )
  const title = text((left + WIDTH - RIGHT) / 2, y + 30, axis.title, 'class="axis"')
  return svg(y + 40, options.description, top.body + grid.join('') + body + title)
}

/** Dots on a logarithmic axis (a linear one from 0 with `linear`), one row for each label. */
export function dots(options: PlotOptions, linear = false): string {
  const { rows, series, paint, axis, rules = [], joined = [] } = options
  const high = 24
  const left = leftOf(rows)
  const top = legend(series, paint, left, 'dot')
  const values = rows.flatMap((row) => row.marks.map((mark) => mark.value / axis.unit))
  values.push(...rules.map((rule) => rule.value / axis.unit))
  const max = Math.max(...values)
  const ticks = linear ? linearTicks(max, 8) : logTicks(Math.min(...values), max)
  const place = (value: number): number => (linear ? value : Math.log(value))
  const [low, wide] = [place(ticks[0]), place(ticks.at(-1) as number) - place(ticks[0])]
  const scale = (value: number): number =>
    left + ((WIDTH - left - RIGHT) * (place(value / axis.unit) - low)) / (wide || 1)
  const start = TOP + top.height + (rules.length > 0 ? 12 : 0)
  const end = start + rows.length * high
  const grid = ticks.map(
    (tick) =>
      line(scale(tick * axis.unit), start, scale(tick * axis.unit), end, 'grid') +
      text(scale(tick * axis.unit), end + 18, showTick(tick), 'class="tick"'),
  )
  const ruled = rules.map(
    ({ value, label }) =>
      line(scale(value), start - 4, scale(value), end, 'rule') +
      text(scale(value), start - 9, label, 'class="tick"'),
  )
  let body = ''
  for (const [i, row] of rows.entries()) {
    const y = start + (i + 0.5) * high
    body += text(left - 10, y + 4, row.label, 'class="label"')
    body += line(left, y, WIDTH - RIGHT, y, 'row')
    for (const [from, to] of joined) {
      const [a, b] = [from, to].map((name) => row.marks.find((mark) => mark.series === name))
      if (a !== undefined && b !== undefined) body += line(scale(a.value), y, scale(b.value), y, 'join')
    }
    for (const mark of row.marks) {
      const tip = `<title>${htmlOf(`${row.label}, ${mark.series}: ${mark.shown}`)}</title>`
      body += `<circle cx="${scale(mark.value).toFixed(1)}" cy="${y}" r="6" class="${paint(mark.series)}">${tip}</circle>`
    }
    // The value itself where there is one only.
    if (row.marks.length === 1)
      body += text(scale(row.marks[0].value) + 11, y + 4, row.marks[0].shown, 'class="value"')
  }
  const title = text((left + WIDTH - RIGHT) / 2, end + 40, axis.title, 'class="axis"')
  return svg(end + 50, options.description, top.body + grid.join('') + ruled.join('') + body + title)
}

export interface Curve {
  series: string
  points: { x: number; y: number; shown: string }[]
}

export interface LinesOptions {
  description: string
  curves: readonly Curve[]
  paint: Paint
  x: Axis
  y: Axis
}

/** Lines over a size, both axes logarithmic: what is in proportion to it is parallel to the dashed line. */
export function lines(options: LinesOptions): string {
  const { curves, paint, x, y } = options
  const series = curves.map((curve) => curve.series)
  const [left, right, height] = [80, 200, 300]
  const top = legend(series, paint, left, 'dot')
  const start = TOP + top.height
  const points = curves.flatMap((curve) => curve.points)
  const xs = points.map((point) => point.x / x.unit)
  const ys = points.map((point) => point.y / y.unit)
  // The sizes that were measured are the ticks of one axis.
  const xTicks = [...new Set(xs)].sort((a, b) => a - b)
  const yTicks = logTicks(Math.min(...ys), Math.max(...ys))
  const [x0, x1] = [xTicks[0], xTicks.at(-1) as number]
  const [y0, y1] = [yTicks[0], yTicks.at(-1) as number]
  const scaleX = (value: number): number =>
    left + ((WIDTH - left - right) * Math.log(value / x.unit / x0)) / (Math.log(x1 / x0) || 1)
  const scaleY = (value: number): number =>
    start + height - (height * Math.log(value / y.unit / y0)) / (Math.log(y1 / y0) || 1)
  const grid =
    yTicks
      .map(
        (tick) =>
          line(left, scaleY(tick * y.unit), WIDTH - right, scaleY(tick * y.unit), 'grid') +
          text(left - 8, scaleY(tick * y.unit) + 4, showTick(tick), 'class="label"'),
      )
      .join('') +
    xTicks
      .map((tick) => text(scaleX(tick * x.unit), start + height + 20, showTick(tick), 'class="tick"'))
      .join('')
  // The slope of what is linear, through the middle of the plot.
  const middleX = Math.sqrt(x0 * x1)
  const middleY = Math.sqrt(y0 * y1)
  const reach = Math.min(Math.sqrt(x1 / x0), Math.sqrt(y1 / y0))
  const guide =
    reach > 1
      ? line(
          scaleX((middleX / reach) * x.unit),
          scaleY((middleY / reach) * y.unit),
          scaleX(middleX * reach * x.unit),
          scaleY(middleY * reach * y.unit),
          'guide',
        )
      : ''
  // Names stand at the ends of their lines, below each other where those are close.
  const ends = curves
    .map((curve) => ({ curve, y: scaleY(curve.points.at(-1)?.y ?? y0) + 4 }))
    .sort((a, b) => a.y - b.y)
  for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 17)
  const names = ends.map(({ curve, y: at }) =>
    text(WIDTH - right + 12, at, `${curve.series} ${curve.points.at(-1)?.shown ?? ''}`, 'class="end"'),
  )
  let body = ''
  for (const { series: name, points: own } of curves) {
    const kind = paint(name)
    const path = own.map((point) => `${scaleX(point.x).toFixed(1)},${scaleY(point.y).toFixed(1)}`).join(' ')
    body += `<polyline points="${path}" class="curve s${kind}"/>`
    for (const point of own) {
      const tip = `<title>${htmlOf(`${name}, ${digits(point.x)}: ${point.shown}`)}</title>`
      body += `<circle cx="${scaleX(point.x).toFixed(1)}" cy="${scaleY(point.y).toFixed(1)}" r="4.5" class="${kind}">${tip}</circle>`
    }
  }
  const titles =
    text((left + WIDTH - right) / 2, start + height + 44, x.title, 'class="axis"') +
    text(left - 60, start - 14, y.title, 'class="corner"')
  return svg(
    start + height + 56,
    options.description,
    top.body + grid + guide + body + names.join('') + titles,
  )
}
