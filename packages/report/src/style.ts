/** Of a report's page: the reader's light or dark, and a phone's width. */
export const style = `
:root{color-scheme:light dark;--paper:light-dark(#fdfcfa,#17181b);--ink:light-dark(#1d1f24,#e7e6e2);--soft:light-dark(#565b66,#a9adb6);--line:light-dark(#d9d6cf,#3a3d44);--raised:light-dark(#fff,#212329);font:16px/1.5 system-ui,sans-serif}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
main{max-width:64rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem}
h1,h2,td,th,p{overflow-wrap:anywhere}
a{color:light-dark(#1f5fae,#8ab8f5)}
nav ul,.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0}
.legend svg{margin-inline-end:.4rem}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:start;color:var(--soft);padding-bottom:.3rem}
th,td{padding:.25rem .75rem;border-bottom:1px solid var(--line);text-align:end;font-weight:400;overflow-wrap:normal}
th:first-child{text-align:start}thead th{color:var(--soft)}
svg,canvas{max-width:100%;height:auto}
canvas{border:1px solid var(--line);border-radius:.5rem;touch-action:none;cursor:grab;color:var(--ink);display:block;margin-top:.5rem}
figure{margin:1rem 0}figure svg{display:inline-block;vertical-align:top}figcaption,.note{color:var(--soft)}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem 1rem}.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.filters{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1rem 0}.filters[hidden]{display:none}
select,input{font:inherit;color:inherit;background:var(--raised);border:1px solid var(--line);border-radius:.4rem;padding:.3rem .5rem;max-width:100%}
.s{border-bottom:1px solid var(--line);padding:.4rem 0;content-visibility:auto;contain-intrinsic-size:auto 3.5rem}
.s p{margin:.1rem 0}.s b{color:var(--soft);font-weight:400;font-size:.8rem;margin-inline-end:.5rem}
mark{color:inherit;background:var(--hue);border-radius:.25rem;padding:.1em .2em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
mark i{font-style:normal;font-size:.72rem;font-weight:600;margin-inline-start:.4em}
.c0{--hue:light-dark(#fae3d3,#4a2f1e)}.c1{--hue:light-dark(#d8e9f8,#1d3850)}.c2{--hue:light-dark(#d9efdd,#1d3d26)}.c3{--hue:light-dark(#f0def5,#3d2447)}.c4{--hue:light-dark(#f6edc9,#423812)}.c5{--hue:light-dark(#d2eff0,#12393b)}.c6{--hue:light-dark(#fadbe6,#4a2031)}.c7{--hue:light-dark(#e6e8ec,#33373f)}
:focus-visible{outline:3px solid light-dark(#1f5fae,#8ab8f5)}
`
