-- Each cell is a Div whose attributes (set in cells.py) say what it holds; here it becomes HTML.

local shared = dofile(pandoc.path.directory(PANDOC_SCRIPT_FILE) .. "/../report.shared.lua")

local function raw(text) return pandoc.RawBlock("html", text) end

local function escaped(text)
  local signs = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
  return (text:gsub("%s+", " "):gsub('[&<>"]', signs))
end

local function mark_verdict(plain)
  local verdict = shared.verdict(pandoc.utils.stringify(plain))
  return verdict and pandoc.Plain({ pandoc.Span(plain.content, { class = verdict }) })
end

-- The browser finds better column widths than the dashes of a pipe table can tell.
local function table_columns(tbl)
  for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], nil } end
  for _, body in ipairs(tbl.bodies) do shared.group_rows(body.body) end
  return tbl:walk({ Plain = mark_verdict })
end

local function link(element)
  element.target = element.target:gsub("^#part%-", "#")
  local here = element.target:match("^#[%w-]+$") or element.target:match("^[%w-]+%.html#[%w-]+$")
  return here and element or shared.link(element)
end

-- An anchor of its own for each heading: two notebooks may use the same words.
local seen = {}

local function named(part, plain)
  return function(header)
    local words = pandoc.utils.stringify(header):lower():gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", "")
    local name = header.level == 1 and part or part == "front" and words or part .. "-" .. words
    seen[name] = (seen[name] or 0) + 1
    header.identifier = seen[name] > 1 and name .. "-" .. seen[name] or name
    if plain then header.classes:insert("unnumbered") end
    if part == "front" then header.level = 2 end
    return header
  end
end

-- A wide table scrolls in a box of its own, which the keyboard reaches too.
local function boxed(blocks, name)
  return blocks:walk({
    traverse = "topdown",
    Table = function(tbl)
      local open = ('<div class="scroll" tabindex="0" role="group" aria-label="%s">'):format(name or "Table")
      return { raw(open), tbl, raw("</div>") }, false
    end,
  })
end

local section = "" -- the latest heading, by which what is folded under it is called

local function folded(words, blocks)
  local open = ("<details class=\"evidence\"><summary>%s</summary>"):format(escaped(words))
  return pandoc.Blocks({ raw(open) }) .. blocks .. pandoc.Blocks({ raw("</details>") })
end

local function typeset(cell)
  local a, blocks = cell.attributes, cell.content
  local part = a.where:match("([%w-]+)%.ipynb") or a.where
  local explorer = a.kind == "explorer"
  if a.kind == "code" then
    return folded("Code: " .. section, pandoc.Blocks({ blocks[1] }))
  end
  local kind, number = (a.label or ""):match("^(%a+)%-(.+)$")
  local caption = kind and table.remove(blocks, 1)
  local name = kind and (kind == "table" and "Table " or a.last and "Figures " or "Figure ") .. number
  if a.last then name = name .. " to " .. a.last end
  blocks = boxed(blocks, name):walk({ Header = named(part, part == "front" or part == "appendix" or explorer) })
  -- Jupyter's anchor of a heading is its words; here the part stands before them
  blocks = blocks:walk({
    Link = function(element)
      local words = element.target:match("^#(%u[%w-]*)$")
      if words then element.target = "#" .. part .. "-" .. words:lower() end
      return element
    end,
  })
  blocks:walk({ Header = function(header) section = pandoc.utils.stringify(header) end })
  if explorer then blocks:insert(raw(('<div data-explorer="%s"></div>'):format(part))) end
  if a.image then
    local alt = caption and escaped(pandoc.utils.stringify(caption)) or ""
    blocks:insert(raw(('<img src="%s" alt="%s" style="width:%s">'):format(a.image, alt, a.width)))
  end
  if not caption then return blocks end
  local words = pandoc.Inlines({ pandoc.Strong(name .. "."), pandoc.Space() }) .. caption.content
  local said = pandoc.Blocks({ raw("<figcaption>"), pandoc.Plain(words), raw("</figcaption>") })
  blocks = kind == "table" and said .. blocks or blocks .. said
  local half = a.image and tonumber(a.width:match("[%d.]+")) <= shared.half
  blocks:insert(1, raw(('<figure id="%s" class="%s">'):format(a.label, half and "half" or kind)))
  for label in (a.others or ""):gmatch("%S+") do
    blocks:insert(2, raw(('<span id="%s"></span>'):format(label)))
  end
  blocks:insert(raw("</figure>"))
  if kind == "table" then return folded(name .. ". " .. pandoc.utils.stringify(caption), blocks) end
  return blocks
end

local function assemble(doc)
  local out = pandoc.Blocks({})
  for _, block in ipairs(doc.blocks) do
    out:extend(block.t == "Div" and block.classes:includes("cell") and typeset(block) or { block })
  end
  doc.blocks = out
  return doc
end

return { { RawBlock = shared.read_html }, { Table = table_columns, Link = link }, { Pandoc = assemble } }
