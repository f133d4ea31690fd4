-- The prepared notebook has one Div per cell; its attributes (set in cells.py) say what the cell holds.

local shared = dofile(pandoc.path.directory(PANDOC_SCRIPT_FILE) .. "/report.shared.lua")

local function raw(text) return pandoc.RawBlock("typst", text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%s+", " ") .. '"' end

local function colour_verdict(plain)
  local verdict = shared.verdict(pandoc.utils.stringify(plain))
  if not verdict then return nil end
  local content = plain.content
  content:insert(1, pandoc.RawInline("typst", "#" .. verdict .. "["))
  content:insert(pandoc.RawInline("typst", "]"))
  return pandoc.Plain(content)
end

-- A thin line above each group of rows, where there are groups.
local function rule_groups(tbl)
  for _, body in ipairs(tbl.bodies) do
    local groups = shared.group_rows(body.body)
    for i, group in ipairs(groups) do
      local cells = i > 1 and #groups < #body.body and body.body[group.first].cells or {}
      for _, cell in ipairs(cells) do cell.attributes["typst:stroke"] = "(top: 0.3pt + luma(190))" end
    end
  end
end

-- Columns of words share what columns of numbers leave of the text's width, by how much they have to say; a table
-- that fits without takes what Typst gives it. In points, of letters 4 wide on average.
local function share_width(tbl)
  local longest, said = {}, {}
  local function read(row)
    for i, cell in ipairs(row.cells) do
      local letters = pandoc.text.len(pandoc.utils.stringify(cell.contents))
      longest[i], said[i] = math.max(longest[i] or 0, letters), (said[i] or 0) + letters
    end
  end
  for _, row in ipairs(tbl.head.rows) do read(row) end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do read(row) end
  end
  local left, words = 453, 0
  for i in ipairs(tbl.colspecs) do
    if longest[i] > 24 then words = words + math.sqrt(said[i]) else left = left - 4.2 * longest[i] - 10 end
  end
  for i, spec in ipairs(tbl.colspecs) do
    local share = longest[i] > 24 and math.max(left, 95) / 453 * math.sqrt(said[i]) / words or nil
    tbl.colspecs[i] = { spec[1] == "AlignDefault" and "AlignLeft" or spec[1], share }
  end
end

local function table_columns(tbl)
  share_width(tbl)
  rule_groups(tbl)
  tbl.classes:insert("typst:no-figure")
  return tbl:walk({ Plain = colour_verdict })
end

-- pandoc 3.9 writes names of symbols that Typst 0.15 has renamed.
local function maths(element)
  local text = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ element }) }), "typst")
  text = text:gsub("%.circle%f[%A]", ".o"):gsub("%f[%a]sect%f[%A]", "inter"):gsub("%s+$", "")
  return pandoc.RawInline("typst", text)
end

-- A reference to the document beside this one, which a PDF cannot open; a heading has no place of its own.
local function link(element)
  local function to_beside(reference, _, name) return reference.content .. pandoc.Inlines(" of the " .. name) end
  local resolved = shared.link(element, to_beside)
  local heading = resolved.t == "Link" and resolved.target:match("^#%u")
  return heading and element.content or resolved
end

local titled = {}

local function typeset(cell)
  local a, blocks = cell.attributes, cell.content
  blocks = blocks:walk({
    Header = function(header)
      if a.part == "back" then header.classes:insert("unnumbered") end
      if header.level == 1 and not titled[a.part] then
        header.identifier = a.part
        titled[a.part] = true
      end
      return header
    end,
  })
  local caption = a.label and table.remove(blocks, 1)
  if a.image then
    local alt = quoted(pandoc.utils.stringify(caption))
    blocks:insert(raw(('#align(center, picture("%s", width: %s, alt: %s))'):format(a.image, a.width, alt)))
  end
  if not caption then return blocks end
  local head = caption.content
  head:insert(1, pandoc.RawInline("typst", ('#numbered("%s", "%s", ['):format(a.kind, a.title)))
  head:insert(pandoc.RawInline("typst", "])["))
  blocks:insert(1, pandoc.Plain(head))
  blocks:insert(raw("] <" .. a.label .. ">"))
  for label in (a.others or ""):gmatch("%S+") do
    blocks:insert(1, raw("#metadata(none) <" .. label .. ">"))
  end
  return blocks
end

local function narrow(block)
  local a = block and block.attributes
  return a and a.image and tonumber(a.width:match("[%d.]+")) <= shared.half
end

local function assemble(doc)
  local out, cells, i = pandoc.Blocks({}), doc.blocks, 1
  shared.cite(doc)
  doc.meta.front = typeset(cells:remove(1))
  doc.meta.cards = nil -- the page's
  while i <= #cells do
    local cell, next = cells[i], cells[i + 1]
    if narrow(cell) and narrow(next) then
      out:insert(raw("#floating[#pair["))
      out:extend(typeset(cell))
      out:insert(raw("]["))
      out:extend(typeset(next))
      out:insert(raw("]]"))
      i = i + 1
    elseif cell.attributes.image then
      out:insert(raw("#floating["))
      out:extend(typeset(cell))
      out:insert(raw("]"))
    else
      out:extend(typeset(cell))
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

return { { Table = table_columns, Link = link, Header = unnamed, Math = maths }, { Pandoc = assemble } }
