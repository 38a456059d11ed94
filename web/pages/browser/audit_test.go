package browser_test

// audit is what is looked at on every page: it returns what is wrong, as a list in JSON.
const audit = `(() => {
const wrong = [];
const root = document.documentElement;
const all = s => [...document.querySelectorAll(s)];
const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
const name = e => (e.tagName + ' ' + (e.id || e.getAttribute('name') || e.textContent.trim().slice(0, 40)));
if (root.scrollWidth > root.clientWidth + 1) {
  const wide = all('body *').filter(e => { const r = e.getBoundingClientRect(); return shown(e) && (r.right > root.clientWidth + 1 || r.left < -1) && !e.closest('.skip, .hidden, .scroll'); });
  wrong.push('wider than the window: ' + root.scrollWidth + ' > ' + root.clientWidth + ': ' + wide.slice(0, 3).map(name).join('; '));
}
if (!root.lang || !root.dir) wrong.push('no language or direction');
if (!document.title.trim()) wrong.push('no title');
if (all('h1').length !== 1) wrong.push(all('h1').length + ' first headings');
let level = 0;
for (const h of all('h1, h2, h3, h4, h5, h6')) {
  const l = +h.tagName[1];
  if (l > level + 1) wrong.push('heading ' + l + ' after ' + level + ': ' + h.textContent.trim());
  level = l;
}
for (const s of ['main', 'header', 'footer']) if (all('body > ' + s).length !== 1) wrong.push('not one ' + s);
for (const n of all('nav')) if (!n.getAttribute('aria-label')) wrong.push('a nav without a name');
const ids = all('[id]').map(e => e.id);
for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) wrong.push('twice the id ' + id);
for (const e of all('input:not([type=hidden]), select, textarea')) {
  if (!(e.labels && e.labels.length && [...e.labels].some(l => l.textContent.trim())) && !e.getAttribute('aria-label')) wrong.push('no label: ' + name(e));
  for (const id of (e.getAttribute('aria-describedby') || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) wrong.push('described by nothing: ' + name(e));
}
for (const e of all('a[href], button')) if (!(e.textContent.trim() || e.getAttribute('aria-label') || e.querySelector('img[alt]:not([alt=""])'))) wrong.push('no words: ' + e.outerHTML.slice(0, 80));
for (const e of all('img')) if (!e.hasAttribute('alt') || !e.getAttribute('width') || !e.getAttribute('height')) wrong.push('image without alt, width or height: ' + e.src);
for (const e of all('button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select')) {
  const r = e.getBoundingClientRect();
  if (shown(e) && r.height < 24) wrong.push('too small to touch: ' + name(e) + ' ' + Math.round(r.height));
}
const rgba = c => { const m = c.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const ground = e => { for (; e; e = e.parentElement) { const b = rgba(getComputedStyle(e).backgroundColor); if (b[3] > 0.99) return b; } return [255, 255, 255, 1]; };
const seen = new Set();
for (const e of all('body *')) {
  if (!shown(e) || e.closest('.skip, .hidden, :disabled, svg') || e.querySelector('input:disabled')) continue;
  if (e.closest('label') && e.closest('label').querySelector(':disabled')) continue;
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const s = getComputedStyle(e), a = lum(rgba(s.color)), b = lum(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(s.fontSize) >= 24 || parseFloat(s.fontSize) >= 18.6 && +s.fontWeight >= 700;
  if (ratio < (large ? 3 : 4.5)) { const w = 'contrast ' + ratio.toFixed(2) + ': ' + name(e); if (!seen.has(w)) { seen.add(w); wrong.push(w); } }
}
return JSON.stringify(wrong);
})()`
