-- The prepared notebook has one Div per cell; its attributes (set in cells.py) say what the cell holds.

local HALF = 3.16 -- inches: two figures up to this wide stand side by side

local function raw(text) return pandoc.RawBlock("typst", text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%s+", " ") .. '"' end

local function read_html(block)
  if block.format ~= "html" then return nil end
  local blocks, tables = pandoc.read(block.text, "html").blocks, pandoc.Blocks({})
  blocks:walk({ Table = function(tbl) tables:insert(tbl) end })
  return #tables > 0 and tables or blocks
end

local verdicts = { ["holds"] = "holds", ["does not hold"] = "fails", ["undecided"] = "undecided" }

local function colour_verdict(plain)
  local verdict = verdicts[pandoc.utils.stringify(plain):lower()]
  if not verdict then return nil end
  local content = plain.content
  content:insert(1, pandoc.RawInline("typst", "#" .. verdict .. "["))
  content:insert(pandoc.RawInline("typst", "]"))
  return pandoc.Plain(content)
end

-- Typst finds better column widths than the dashes of a pipe table can tell.
local function table_columns(tbl)
  for i, spec in ipairs(tbl.colspecs) do
    tbl.colspecs[i] = { spec[1] == "AlignDefault" and "AlignLeft" or spec[1], nil }
  end
  return tbl:walk({ Plain = colour_verdict })
end

-- pandoc 3.9 writes names of symbols that Typst 0.15 has renamed.
local function maths(element)
  local text = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ element }) }), "typst")
  text = text:gsub("%.circle%f[%A]", ".o"):gsub("%f[%a]sect%f[%A]", "inter"):gsub("%s+$", "")
  return pandoc.RawInline("typst", text)
end

-- A path to a file or to another notebook leads nowhere from a PDF.
local function link(element)
  local target = element.target
  if target:match("^%a+:") or target:match("^#figure%-") or target:match("^#table%-") then return nil end
  return element.content
end

local function typeset(cell)
  local a, blocks = cell.attributes, cell.content
  local kind, number = (a.label or ""):match("^(%a+)%-(.+)$")
  local caption = kind and table.remove(blocks, 1)
  if a.image then
    local alt = caption and quoted(pandoc.utils.stringify(caption)) or "none"
    blocks:insert(raw(('#align(center, image("%s", width: %s, alt: %s))'):format(a.image, a.width, alt)))
  end
  if not caption then return blocks end
  local head = caption.content
  head:insert(1, pandoc.RawInline("typst", ('#numbered("%s", "%s", ['):format(kind, number)))
  head:insert(pandoc.RawInline("typst", "])["))
  blocks:insert(1, pandoc.Plain(head))
  blocks:insert(raw("] <" .. a.label .. ">"))
  return blocks
end

local function narrow(block)
  local a = block and block.t == "Div" and block.attributes
  return a and a.image and a.label and tonumber(a.width:match("[%d.]+")) <= HALF
end

local function assemble(doc)
  local out, i = pandoc.Blocks({}), 1
  while i <= #doc.blocks do
    local block, next = doc.blocks[i], doc.blocks[i + 1]
    if narrow(block) and narrow(next) then
      out:insert(raw("#pair["))
      out:extend(typeset(block))
      out:insert(raw("]["))
      out:extend(typeset(next))
      out:insert(raw("]"))
      i = i + 1
    elseif block.t == "Div" and block.classes:includes("cell") then
      out:extend(typeset(block))
    else
      out:insert(block)
    end
    i = i + 1
  end
  doc.blocks = out
  return doc
end

local function unnamed(header)
  header.identifier = ""
  return header
end

return { { RawBlock = read_html }, { Table = table_columns, Link = link, Header = unnamed, Math = maths }, { Pandoc = assemble } }
